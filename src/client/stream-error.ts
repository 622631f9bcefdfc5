/** What a stream says of the part that ended it. */
interface StreamFailure {
  readonly code?: unknown;
  readonly status?: unknown;
}

/** A stream that is not complete: a part that is needed failed, or the connection ended. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  /** The part that failed; undefined if the stream does not say. */
  readonly part: string | undefined;
  /** The gateway's code: `upstream.timeout`; undefined for a stream that broke off. */
  readonly code: string | undefined;
  /** The status that the failure would have had as a response. */
  readonly status: number | undefined;

  constructor(key: string, part: string | undefined, { code, status }: StreamFailure = {}, cause?: unknown) {
    const what = typeof code === 'string' ? `failed with ${code}` : 'ended before it was complete';
    super(`${key} ${what}${part === undefined ? '' : ` in its part "${part}"`}`, cause === undefined ? {} : { cause });
    this.part = part;
    this.code = typeof code === 'string' ? code : undefined;
    this.status = typeof status === 'number' ? status : undefined;
  }
}
