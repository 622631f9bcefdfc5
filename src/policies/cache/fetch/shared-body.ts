import type { BodyEnd, Sink, StreamBody } from '../../../core/body.ts';
import { precomputed } from '../../../core/failure.ts';
import type { Clock, Timer } from '../../../core/ports/clock.ts';
import { type BodyReadEnd, BodyReader, type ReadAlong } from './body-reader.ts';
import type { InFlightBodyBudget } from './in-flight-body-budget.ts';

/** How long one reader may stall while it delays the others. */
const STALLED_MS = 10_000;

const NOBODY_LEFT = precomputed('client.gone', 'The response has no reader any more');
const NOT_AS_ANNOUNCED = precomputed('upstream.malformed', 'The response is of another length than it announced');
const TOO_SLOW = precomputed('client.gone', 'The client stopped reading and held others back');

/** The events of a shared body. */
export interface SharedBodyEvents {
  /** It is complete. */
  whole(bytes: Buffer): void;
  /** It exceeds the limit, was truncated, or too many others are in flight, so it will not be stored. */
  lost(why: 'too-long' | 'broken' | 'crowded'): void;
}

/** The buffering limits of a body. */
export interface SharedBodyLimits {
  /** Of one body, in bytes. */
  readonly max: number;
  /** Of all bodies. */
  readonly bodyBudget: InFlightBodyBudget;
}

/**
 * One body for several readers. It is buffered from its first byte while it is short enough to be stored, so that later
 * readers can join. Beyond that it follows the pace of its readers and accepts no new ones.
 */
export class SharedBody implements Sink, ReadAlong {
  readonly length: number | undefined;
  readonly #source: StreamBody;
  readonly #limits: SharedBodyLimits;
  readonly #events: SharedBodyEvents;
  readonly #clock: Clock;
  readonly #readers = new Set<BodyReader>();
  #chunks: Buffer[] = [];
  /** The number of dropped chunks before the first buffered one. */
  #dropped = 0;
  #size = 0;
  #keeping = true;
  #end: BodyEnd | undefined;
  #trailers: readonly string[] | undefined;
  #drain: () => void = () => {};
  #stall: Timer | undefined;

  constructor(source: StreamBody, limits: SharedBodyLimits, clock: Clock, events: SharedBodyEvents) {
    this.#source = source;
    this.length = source.length;
    this.#limits = limits;
    this.#clock = clock;
    this.#events = events;
  }

  /** Starts reading. Readers that attach before get a response of any length. */
  begin(): void {
    void Promise.resolve(this.#source.pipe(this)).then(end => this.#ended(end));
  }

  /** A reader from the first byte; undefined if that byte is gone. */
  attach(): StreamBody | undefined {
    if (!this.#keeping || (this.#end !== undefined && this.#end !== 'complete')) return undefined;
    const reader = new BodyReader(this);
    this.#readers.add(reader);
    return reader;
  }

  write(chunk: Buffer): boolean {
    const before = this.#size;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#keeping) {
      if (this.#size > this.#limits.max) this.#keepNoMore('too-long', before);
      else if (!this.#limits.bodyBudget.take(chunk.length)) this.#keepNoMore('crowded', before);
    }
    for (const reader of this.#readers) reader.pump();
    return this.#mayContinue();
  }

  end(last?: Buffer, trailers?: readonly string[]): void {
    if (last !== undefined && last.length > 0) this.write(last);
    this.#trailers = trailers;
    this.#ended(this.#isAsAnnounced ? 'complete' : 'broken');
  }

  onDrain(listener: () => void): void {
    this.#drain = listener;
  }

  onClose(): void {}

  /** The chunk with that index. */
  at(place: number): Buffer | undefined {
    return this.#chunks[place - this.#dropped];
  }

  get ending(): BodyReadEnd | undefined {
    if (this.#end === undefined) return undefined;
    const failure = this.#source.failure ?? (this.#isAsAnnounced ? undefined : NOT_AS_ANNOUNCED);
    return { end: this.#end, failure, trailers: this.#trailers };
  }

  /** A reader has read a chunk. */
  moved(): void {
    if (this.#keeping || this.#end !== undefined) return;
    this.#dropTaken();
    if (this.#mayContinue()) this.#drain();
  }

  left(reader: BodyReader): void {
    this.#readers.delete(reader);
    if (this.#keeping || this.#end !== undefined) return;
    if (this.#readers.size === 0) this.#source.cancel(NOBODY_LEFT);
    else this.moved();
  }

  /** @param taken the buffered bytes. */
  #keepNoMore(why: 'too-long' | 'crowded', taken: number): void {
    this.#keeping = false;
    this.#limits.bodyBudget.giveBack(taken);
    this.#events.lost(why);
    if (this.#readers.size === 0) queueMicrotask(() => this.#source.cancel(NOBODY_LEFT));
  }

  #ended(end: BodyEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#stall?.cancel();
    if (this.#keeping) {
      this.#limits.bodyBudget.giveBack(this.#size);
      if (end === 'complete') this.#complete();
      else this.#events.lost('broken');
    }
    for (const reader of [...this.#readers]) reader.pump();
  }

  // A body that cannot be joined for lack of memory can still be read chunk by chunk.
  #complete(): void {
    try {
      this.#events.whole(this.#bytes());
    } catch {
      this.#events.lost('broken');
    }
  }

  /** Transports check it too, but a wrong stored response would last. */
  get #isAsAnnounced(): boolean {
    return this.length === undefined || this.#size === this.length;
  }

  #bytes(): Buffer {
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#size);
  }

  /** While the whole body is buffered, its source need not wait. */
  #mayContinue(): boolean {
    if (this.#keeping) return true;
    this.#dropTaken();
    const waiting = this.#chunks.length > 0;
    if (waiting) this.#watchStalled();
    else {
      this.#stall?.cancel();
      this.#stall = undefined;
    }
    return !waiting;
  }

  #dropTaken(): void {
    let min = Number.POSITIVE_INFINITY;
    for (const { place } of this.#readers) min = Math.min(min, place);
    const taken = Math.min(min - this.#dropped, this.#chunks.length);
    if (taken <= 0) return;
    this.#chunks.splice(0, taken);
    this.#dropped += taken;
  }

  #watchStalled(): void {
    if (this.#stall !== undefined || this.#readers.size < 2) return;
    const before = new Map([...this.#readers].map(reader => [reader, reader.place]));
    this.#stall = this.#clock.after(STALLED_MS, () => {
      this.#stall = undefined;
      const here = this.#dropped + this.#chunks.length;
      for (const reader of [...this.#readers]) {
        if (this.#readers.size > 1 && reader.place < here && before.get(reader) === reader.place)
          reader.cancel(TOO_SLOW);
      }
      if (this.#mayContinue()) this.#drain();
    });
  }
}
