import type { ServerResponse } from 'node:http';
import type { Reply } from '../core/reply.ts';
import { EventBoundary } from './event-boundary.ts';
import type { LongLivedResponse } from './long-lived.ts';
import { ResponseSink } from './response-sink.ts';
import type { WriteLimit } from './write-watch.ts';

/** An event stream to a client: on `leave` it ends after a complete event. */
export class EventStreamSink extends ResponseSink implements LongLivedResponse {
  readonly #boundary = new EventBoundary();
  readonly #closeListeners: (() => void)[] = [];
  #leaving = false;
  #left = false;

  /** A stream with an announced length cannot end before it, and within a content encoding events are not visible. */
  static for({ body, headers }: Reply, res: ServerResponse, limit: WriteLimit): EventStreamSink | undefined {
    const suits = body.kind === 'stream' && !headers.has('content-length') && !headers.has('content-encoding');
    return suits ? new EventStreamSink(res, limit) : undefined;
  }

  override get left(): boolean {
    return this.#left;
  }

  override write(chunk: Buffer): boolean {
    if (this.#left) return true;
    const end = this.#leaving ? this.#boundary.endIn(chunk) : undefined;
    if (end === undefined) {
      this.#boundary.follow(chunk);
      return super.write(chunk);
    }
    super.write(chunk.subarray(0, end));
    this.#finish();
    return true;
  }

  override end(last?: Buffer, trailers?: readonly string[]): void {
    if (!this.#left) super.end(last, trailers);
  }

  override onClose(listener: () => void): void {
    super.onClose(listener);
    this.#closeListeners.push(listener);
  }

  leave(): void {
    this.#leaving = true;
    if (!this.res.writableEnded && this.#boundary.reached) this.#finish();
  }

  abandon(): void {
    this.res.destroy();
  }

  onGone(listener: () => void): void {
    if (this.res.closed) listener();
    else this.res.once('close', listener);
  }

  #finish(): void {
    this.#left = true;
    // The headers were sent before the drain and announced a persistent connection.
    const { socket } = this.res;
    this.res.end(() => socket?.end());
    for (const close of this.#closeListeners) close();
  }
}
