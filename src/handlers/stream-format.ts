import Negotiator from 'negotiator';
import { memoize } from '../core/memoize.ts';

/** How the lines of a streamed aggregate are written. */
export interface StreamFormat {
  readonly mediaType: string;
  /** @param json one line: JSON text has no line break. */
  written(json: string): string;
}

const NDJSON: StreamFormat = { mediaType: 'application/x-ndjson', written: json => `${json}\n` };
/** An event for each line (HTML §9.2.5). */
const EVENTS: StreamFormat = { mediaType: 'text/event-stream', written: json => `data: ${json}\n\n` };

const TYPES = [NDJSON, EVENTS].map(({ mediaType }) => mediaType);

/** The format that a client prefers. One that accepts neither gets NDJSON (RFC 9110 §12.5.1 allows it). */
export function formatFor(accept: string | undefined): StreamFormat {
  return accept === undefined ? NDJSON : negotiated(accept);
}

const negotiated = memoize(accept => {
  const preferred = new Negotiator({ headers: { accept } }).mediaType(TYPES);
  return preferred === EVENTS.mediaType ? EVENTS : NDJSON;
});
