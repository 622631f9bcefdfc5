import { StringDecoder } from 'node:string_decoder';
import type { BodyEnd } from '../core/body.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { RecordedEvent } from './recorded-response.ts';
import type { BodyTap } from './tapped-body.ts';

/** Parts of a stream, messages of a WebSocket. More would be hours of it. */
export const MAX_PARTS = 1_000;

/** The end of an event (HTML §9.2.6): an empty line. */
const EVENT_END = /\r\n\r\n|\n\n|\r\r/;
const LINE_END = /\n/;

/**
 * `ended` by its backend, or `left` by its client before. Behind the limits the rest is not known: `cut` for one that
 * its backend did not end, and `too long` for one whose end is missing.
 */
export type StreamEnd = 'ended' | 'left' | 'cut' | 'too long';

export interface CollectedStream {
  readonly events: readonly RecordedEvent[];
  readonly end: StreamEnd;
}

export interface EventCollection {
  readonly clock: Clock;
  /** Removes the secrets of a whole event; one could stand in two chunks. */
  readonly redact: (event: string) => string;
  /** In characters. */
  readonly limit: number;
  /** `lines` for a value on each line, `events` for an event stream. */
  readonly parts: 'events' | 'lines';
}

/** Collects a stream part by part, with the times between them. */
export class CollectedEvents implements BodyTap {
  readonly #options: EventCollection;
  readonly #done: (stream: CollectedStream) => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #events: RecordedEvent[] = [];
  #rest = '';
  #size = 0;
  #isFull = false;
  #last: number;

  constructor(options: EventCollection, done: (stream: CollectedStream) => void) {
    this.#options = options;
    this.#done = done;
    this.#last = options.clock.now();
  }

  chunk(bytes: Buffer): void {
    if (this.#isFull) return;
    this.#rest += this.#decoder.write(bytes);
    const boundary = this.#options.parts === 'events' ? EVENT_END : LINE_END;
    for (let match = boundary.exec(this.#rest); match !== null; match = boundary.exec(this.#rest)) {
      const end = match.index + match[0].length;
      this.#add(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end);
    }
    // An event that does not end would grow without a limit.
    if (this.#size + this.#rest.length > this.#options.limit) this.#isFull = true;
    if (this.#isFull) this.#rest = '';
  }

  ended(end: BodyEnd): void {
    if (!this.#isFull && this.#rest !== '' && end === 'complete') this.#add(this.#rest);
    this.#done({ events: this.#events, end: this.#endOf(end === 'complete') });
  }

  #endOf(isComplete: boolean): StreamEnd {
    if (!this.#isFull) return isComplete ? 'ended' : 'left';
    // Lines are a list, of which a part says something wrong.
    return isComplete || this.#options.parts === 'lines' ? 'too long' : 'cut';
  }

  #add(event: string): void {
    this.#size += event.length;
    if (this.#events.length >= MAX_PARTS || this.#size > this.#options.limit) this.#isFull = true;
    if (this.#isFull) return;
    const now = this.#options.clock.now();
    const text = this.#options.redact(event);
    this.#events.push({ wait: roundedWait(now - this.#last), text });
    this.#last = now;
  }
}

/** Rounded to 100 ms, so that a second recording differs in little. */
export function roundedWait(ms: number): number {
  return Math.max(0, Math.round(ms / 100) * 100);
}
