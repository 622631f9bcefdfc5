import { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { LongLivedResponse } from '../long-lived.ts';
import { FrameRelay, goingAway, goingAwayMasked } from './frame-relay.ts';

/** Time for the close frames of both ends after the close command. */
const CLOSING_MS = 1_000;

/** For a client whose backend has ended its direction, since a silently vanished client would stay for ever. */
const HALF_CLOSED_MS = 10_000;

/**
 * The client's end of a WebSocket for its tunnel: the socket, with both directions followed so that they can end after
 * a complete frame.
 */
export class ClientEnd extends Duplex implements LongLivedResponse {
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #toClient = new FrameRelay(goingAway);
  readonly #toBackend = new FrameRelay(goingAwayMasked);
  #leaving = false;
  #heardAll = false;
  #timer: Timer | undefined;

  /** @param early the bytes that the client has already sent. */
  constructor(socket: Duplex, early: Buffer, clock: Clock) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#clock = clock;
    this.#receive(early);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#hearNoMore());
    socket.on('close', () => {
      this.#timer?.cancel();
      this.destroy();
    });
  }

  leave(): void {
    this.#leaving = true;
    this.#send(this.#toClient.leave());
    this.#hand(this.#toBackend.leave());
    this.#closing();
  }

  abandon(): void {
    this.#socket.destroy();
  }

  onGone(listener: () => void): void {
    this.#socket.once('close', listener);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const flows = this.#send(this.#toClient.pass(chunk));
    this.#closing();
    if (flows) done();
    else this.#socket.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#socket.end(() => this.#endWithin(HALF_CLOSED_MS));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#leaving && !this.#socket.destroyed) this.#hangUp();
    // A backend that disconnects abruptly breaks the client's connection too.
    else if (this.writableFinished) this.#socket.end();
    else this.#socket.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (!this.#hand(this.#toBackend.pass(chunk))) this.#socket.pause();
    this.#closing();
  }

  #hearNoMore(): void {
    this.#heardAll = true;
    this.push(null);
  }

  #send(bytes: Buffer): boolean {
    return bytes.length === 0 || !this.#socket.writable || this.#socket.write(bytes);
  }

  #hand(bytes: Buffer): boolean {
    return bytes.length === 0 || this.#heardAll || this.push(bytes);
  }

  /**
   * After both ends were notified, they have a moment to reply; then the sockets end, the server's first (RFC 6455
   * §7.1.1).
   */
  #closing(): void {
    if (!this.#leaving || !this.#toClient.over || !this.#toBackend.over) return;
    this.#endWithin(CLOSING_MS);
    if (this.#heardAll || !this.#toClient.finished || !this.#toBackend.finished) return;
    this.#hangUp();
    this.#hearNoMore();
  }

  #hangUp(): void {
    this.#socket.end();
    this.#endWithin(CLOSING_MS);
  }

  #endWithin(ms: number): void {
    if (!this.#socket.destroyed) this.#timer ??= this.#clock.after(ms, () => this.abandon());
  }
}
