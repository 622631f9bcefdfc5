import type { BodyEnd, Sink, StreamBody } from './body.ts';
import { type GatewayError, precomputed } from './failure.ts';

/** The source of a body: a socket, a file, a web stream. */
export interface BodySource {
  pause(): void;
  resume(): void;
  abort(reason: GatewayError): void;
  /** A reader is attached and waits for data. */
  begin?(): void;
}

const EMPTY = Buffer.alloc(0);
const READER_LEFT = precomputed('client.gone', 'The reader left before the end');

// Small responses arrive completely before they are read, so pausing their source would only add cost.
const HELD_BYTES = 64 * 1024;

/**
 * A body with a pushing source: chunks are buffered until there is a sink, then passed through. The source is paused
 * for a slow reader, so memory holds at most one watermark per body.
 */
export class PushBody implements StreamBody {
  readonly kind = 'stream';
  readonly length: number | undefined;
  failure: GatewayError | undefined;
  passed = 0;
  readonly #source: BodySource;
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #paused = false;
  #sink: Sink | undefined;
  #trailers: readonly string[] | undefined;
  #sourceEnd: BodyEnd | undefined;
  #listeners: ((end: BodyEnd) => void)[] | undefined;
  #delivered: ((end: BodyEnd) => void) | undefined;

  constructor(source: BodySource, length: number | undefined) {
    this.#source = source;
    this.length = length;
  }

  /** Whether the source waits for the reader. */
  get paused(): boolean {
    return this.#paused;
  }

  get ended(): BodyEnd | undefined {
    return this.#sourceEnd;
  }

  get starved(): boolean {
    return this.#sink !== undefined && this.#sourceEnd === undefined && !this.#paused;
  }

  push(chunk: Buffer): void {
    if (this.#sourceEnd !== undefined || chunk.length === 0) return;
    if (this.#sink !== undefined) {
      this.passed += chunk.length;
      if (!this.#sink.write(chunk)) this.#pause();
      return;
    }
    // A literal is as long as its one element: most bodies are one chunk.
    if (this.#held === undefined) this.#held = [chunk];
    else this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes >= HELD_BYTES) this.#pause();
  }

  /** The source is complete. */
  finish(trailers?: readonly string[]): void {
    if (this.#sourceEnd !== undefined) return;
    this.#trailers = trailers;
    this.#sourceEnded('complete');
    if (this.#sink === undefined) return;
    this.#sink.end(undefined, trailers);
    this.#delivered?.('complete');
  }

  /** The source failed before its end. */
  fail(failure: GatewayError): void {
    if (this.#sourceEnd !== undefined) return;
    this.failure = failure;
    this.#sourceEnded('broken');
    this.#delivered?.('broken');
  }

  pipe(sink: Sink): BodyEnd | Promise<BodyEnd> {
    const held = this.#takeHeld();
    if (this.#sourceEnd === 'complete') {
      const last = held.length - 1;
      for (let i = 0; i < last; i++) sink.write(held[i] ?? EMPTY);
      sink.end(held[last], this.#trailers);
      return 'complete';
    }
    if (this.#sourceEnd !== undefined) return this.#sourceEnd;
    this.#sink = sink;
    this.#source.begin?.();
    sink.onClose(() => this.#leave());
    sink.onDrain(() => this.#resume());
    let more = true;
    for (const chunk of held) more = sink.write(chunk);
    return new Promise(resolve => {
      this.#delivered = resolve;
      if (more) this.#resume();
      else this.#pause();
    });
  }

  cancel(reason: GatewayError): void {
    if (this.#sourceEnd !== undefined) return;
    this.failure = reason;
    this.#sourceEnded('left');
    this.#source.abort(reason);
    this.#delivered?.('left');
  }

  onEnd(listener: (end: BodyEnd) => void): void {
    if (this.#sourceEnd !== undefined) {
      listener(this.#sourceEnd);
      return;
    }
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  #leave(): void {
    this.cancel(READER_LEFT);
  }

  #takeHeld(): Buffer[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#heldBytes = 0;
    return held;
  }

  #sourceEnded(end: BodyEnd): void {
    this.#sourceEnd = end;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(end);
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#source.resume();
  }
}
