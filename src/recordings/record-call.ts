import { type Body, bytesBody, NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import { CONDITIONAL_FIELDS } from '../core/headers/conditional.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { mediaType } from '../core/headers/media-type.ts';
import { namesInVary } from '../core/headers/vary.ts';
import type { CallPlace } from '../core/ports/call-decorator.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Reply } from '../core/reply.ts';
import { isSafe } from '../core/safe-method.ts';
import { type Collected, CollectedBytes } from './collected-bytes.ts';
import { CollectedEvents, MAX_PARTS, type StreamEnd } from './collected-events.ts';
import { CollectedMessages } from './collected-messages.ts';
import { decodedBody, isEncoded } from './decoded-body.ts';
import { recordedBody } from './recorded-body.ts';
import { recordedFields, withRelativeExpiry } from './recorded-headers.ts';
import { type RecordedRequest, type RequestIdentity, requestText } from './recorded-request.ts';
import type { RecordedResponse } from './recorded-response.ts';
import type { Recorder, TakePlace } from './recorder.ts';
import type { Redaction } from './redaction.ts';
import { TappedBody } from './tapped-body.ts';
import { TappedTunnel } from './tapped-tunnel.ts';

/** A longer body of a request or a response is not recorded. In bytes. */
export const MAX_RECORDED = 4 * 1024 * 1024;

export interface RecordingParts {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly redaction: Redaction;
  readonly identity: RequestIdentity;
  /** Receives a line for a developer. */
  note(line: string): void;
}

/** Records the responses that the chain gets: those of attempts that are repeated or outrun are no responses for it. */
export function recordCall(send: Handler, place: CallPlace, parts: RecordingParts): Handler {
  return async x => {
    const call = new RecordedCall(x, place, parts);
    return call.followed(await send(call.exchange));
  };
}

class RecordedCall {
  /** The request as it is sent. */
  readonly exchange: Exchange;
  readonly #x: Exchange;
  readonly #place: CallPlace;
  readonly #parts: RecordingParts;
  readonly #take: TakePlace;
  readonly #body: Promise<Collected>;

  constructor(x: Exchange, place: CallPlace, parts: RecordingParts) {
    this.#x = x;
    this.#place = place;
    this.#parts = parts;
    this.#take = parts.recorder.sent(place.service, x.method);
    const { promise, resolve } = Promise.withResolvers<Collected>();
    this.#body = promise;
    this.exchange = x.with({ headers: recordableRequest(x), body: followedBody(x.body, resolve) });
  }

  /** The response for the chain, which is followed to its end. */
  followed(reply: Reply): Reply {
    const { body, headers } = reply;
    if (body.kind === 'tunnel') return { ...reply, body: new TappedTunnel(body, this.#messages(reply)) };
    if (body.kind !== 'stream') {
      const bytes = body.kind === 'bytes' ? body.bytes : Buffer.alloc(0);
      this.#work(this.#keepBytes(reply, { bytes, trailers: [] }));
      return reply;
    }
    const parts = reply.longLived === true ? 'events' : LINES.has(mediaType(headers)) ? 'lines' : undefined;
    if (parts !== undefined && !headers.has('content-encoding'))
      return { ...reply, body: new TappedBody(body, this.#events(reply, parts)) };
    const collected = new CollectedBytes(MAX_RECORDED, found => this.#work(this.#keepBytes(reply, found)));
    return { ...reply, body: new TappedBody(body, collected) };
  }

  #work(work: Promise<void>): void {
    this.#parts.recorder.finishing(work);
  }

  #messages(reply: Reply): CollectedMessages {
    const { clock, redaction } = this.#parts;
    return new CollectedMessages(
      { clock, limit: MAX_RECORDED, redact: text => redaction.text(text) },
      ({ messages, end }) => this.#work(this.#keepParts(reply, { messages }, end)),
    );
  }

  #events(reply: Reply, parts: 'events' | 'lines'): CollectedEvents {
    const { clock, redaction } = this.#parts;
    const redact = parts === 'events' ? redaction.event.bind(redaction) : redaction.lines.bind(redaction);
    return new CollectedEvents({ clock, limit: MAX_RECORDED, parts, redact }, ({ events, end }) =>
      this.#work(this.#keepParts(reply, { events }, end)),
    );
  }

  /** A stream that its backend ended is kept whole or not at all: a replay without its end would never end. */
  async #keepParts(reply: Reply, content: Partial<RecordedResponse>, end: StreamEnd): Promise<void> {
    if (end === 'too long') return this.#leaveOut(`its response is longer than ${MAX_STREAM}`);
    const isKept = await this.#keep(reply, { ...content, ...(end === 'ended' && { ends: true }) });
    if (end === 'cut' && isKept) this.#note(await this.#body, `is cut behind ${MAX_STREAM}, and its replay stays open`);
  }

  async #keepBytes(reply: Reply, collected: Collected): Promise<void> {
    if ('reason' in collected) {
      if (collected.reason === 'too long') await this.#leaveOut(`its response is longer than ${MAX_TEXT}`);
      return;
    }
    // A backend may compress although no encoding is accepted.
    const plain = await decodedBody({ bytes: collected.bytes, headers: reply.headers }, MAX_RECORDED);
    // Compressed bytes cannot be searched for secrets.
    if (plain === undefined) return this.#leaveOut(`its response cannot be decompressed to ${MAX_TEXT} or less`);
    const { bytes, headers } = plain;
    const clean = this.#parts.redaction.body(bytes, headers.get('content-type') ?? '');
    const { trailers } = collected;
    const fields = trailers.length === 0 ? undefined : recordedTrailers(trailers, this.#parts.redaction);
    const body = clean.length === 0 ? undefined : recordedBody(clean);
    await this.#keep({ ...reply, headers }, { ...(body && { body }), ...(fields && { trailers: fields }) });
  }

  /** @returns whether it is kept. */
  async #keep(reply: Reply, content: Partial<RecordedResponse>): Promise<boolean> {
    const { clock, redaction, identity, recorder } = this.#parts;
    const request = await this.#request();
    if (request === undefined) return false;
    const names = namesInVary(reply.headers);
    const varying = identity.varying(names, this.#x.headers);
    const isHead = request.method === 'HEAD';
    const kept = withRelativeExpiry(isHead ? reply.headers : reply.headers.without(LENGTH), clock.wall());
    recorder.keep(
      this.#take,
      this.#place.site,
      { ...request, ...(Object.keys(varying).length > 0 && { headers: varying }) },
      { status: reply.status, headers: recordedFields(kept, redaction), ...content },
    );
    return true;
  }

  /** Undefined if its body is not known. */
  async #request(): Promise<RecordedRequest | undefined> {
    const body = await this.#body;
    const reason = unusable(body, this.#x.headers);
    if (reason === undefined && 'bytes' in body)
      return this.#parts.identity.of(this.#x, this.#place.service, body.bytes);
    this.#note(undefined, `is not recorded: its body ${reason}`);
    return undefined;
  }

  async #leaveOut(reason: string): Promise<void> {
    this.#note(await this.#body, `is not recorded: ${reason}`);
  }

  /** @param body of the request, which tells it apart from others. */
  #note(body: Collected | undefined, fact: string): void {
    const bytes = body !== undefined && 'bytes' in body ? body.bytes : Buffer.alloc(0);
    this.#parts.note(`${requestText(this.#parts.identity.of(this.#x, this.#place.service, bytes))} ${fact}`);
  }
}

/** Why a request with this body is not recorded. */
function unusable(body: Collected, headers: HeaderList): string | undefined {
  if ('reason' in body) return body.reason === 'too long' ? `is longer than ${MAX_TEXT}` : 'was not read to its end';
  // Compressed bytes cannot be searched for secrets.
  return body.bytes.length > 0 && isEncoded(headers) ? 'is compressed' : undefined;
}

const MAX_TEXT = `${MAX_RECORDED / 1024 / 1024} MB`;
const MAX_STREAM = `${MAX_PARTS.toLocaleString('en')} parts or ${MAX_TEXT}`;

const LENGTH: ReadonlySet<string> = new Set(['content-length']);
/** A value on each line, for as long as the backend likes. */
const LINES: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/jsonl', 'application/json-seq']);

const CONDITIONS: ReadonlySet<string> = new Set([...CONDITIONAL_FIELDS, 'accept-encoding']);
const ENCODINGS: ReadonlySet<string> = new Set(['accept-encoding']);
const EXTENSIONS: ReadonlySet<string> = new Set(['sec-websocket-extensions']);

/**
 * A read is sent without conditions and ranges, because a 304 or a part would be no response for other clients
 * (RFC 9110 §13.1, §14.2: a server may ignore them all). Nothing is compressed, so that texts can be read.
 */
function recordableRequest({ method, headers, details }: Exchange): HeaderList {
  if (details.upgrade !== undefined) return headers.without(EXTENSIONS);
  return headers.without(isSafe(method) ? CONDITIONS : ENCODINGS).add('Accept-Encoding', 'identity');
}

/** The body of the request for the backend; its bytes are known when they have been sent. */
function followedBody(body: Body, known: (collected: Collected) => void): Body {
  if (body.kind === 'stream') return new TappedBody(body, new CollectedBytes(MAX_RECORDED, known));
  const bytes = body.kind === 'bytes' ? body.bytes : Buffer.alloc(0);
  known(bytes.length > MAX_RECORDED ? { reason: 'too long' } : { bytes, trailers: [] });
  return body.kind === 'bytes' ? bytesBody(bytes) : NO_BODY;
}

function recordedTrailers(flat: readonly string[], redaction: Redaction): readonly string[] {
  return flat.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${redaction.header(name, flat[i + 1] ?? '')}`] : []));
}
