import { StreamError } from './stream-error.ts';

/** A line of a streamed aggregate, of whatever part. */
interface AnyLine {
  readonly part?: unknown;
  readonly error?: unknown;
  readonly done?: unknown;
}

/** A stream whose head is there. */
interface Opened {
  /** The route, as it was called. */
  readonly key: string;
  readonly response: Response;
  readonly signal: AbortSignal | undefined;
}

/**
 * The lines of a stream, without the last one. A reader that stops early ends the request.
 * @throws StreamError for a stream that does not say that it is complete.
 */
export async function* readStream(stream: Opened): AsyncGenerator<object, void, undefined> {
  const { key } = stream;
  for await (const line of linesOf(stream)) {
    if (line.done === true) return;
    if (line.done === false) break;
    if ('error' in line) throw failedBy(key, line);
    yield line;
  }
  throw new StreamError(key, undefined);
}

function failedBy(key: string, { part, error }: AnyLine): StreamError {
  const failure = typeof error === 'object' && error !== null ? error : {};
  return new StreamError(key, typeof part === 'string' ? part : undefined, failure);
}

async function* linesOf(stream: Opened): AsyncGenerator<AnyLine, void, undefined> {
  let rest = '';
  for await (const text of textsOf(stream)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield parsed(stream.key, line);
  }
}

function parsed(key: string, text: string): AnyLine {
  let line: unknown;
  let cause: unknown;
  try {
    line = JSON.parse(text);
  } catch (thrown) {
    cause = thrown;
  }
  if (typeof line === 'object' && line !== null) return line;
  throw new StreamError(key, undefined, {}, cause);
}

/** Not every browser can iterate over a body, so it is read by its reader. */
async function* textsOf({ key, response, signal }: Opened): AsyncGenerator<string, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let isOpen = true;
  try {
    while (isOpen) {
      const { done, value } = await reader.read();
      isOpen = !done;
      if (value !== undefined) yield decoder.decode(value, { stream: true });
    }
  } catch (cause) {
    // A caller that has ended the call expects its own reason; what platforms say of a broken connection differs.
    if (signal?.aborted === true) throw cause;
    throw new StreamError(key, undefined, {}, cause);
  } finally {
    if (isOpen) await reader.cancel().catch(() => {});
  }
}
