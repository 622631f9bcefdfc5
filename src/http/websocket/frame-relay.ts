import { randomBytes } from 'node:crypto';
import { Frames } from './frames.ts';

const NOTHING = Buffer.alloc(0);

// RFC 6455 §7.4.1: 1001, going away. §5.3: frames of a client are masked with unpredictable bytes.
const GOING_AWAY = [0x03, 0xe9] as const;

export function goingAway(): Buffer {
  return Buffer.from([0x88, 0x02, ...GOING_AWAY]);
}

export function goingAwayMasked(): Buffer {
  const mask = randomBytes(4);
  return Buffer.from([0x88, 0x82, ...mask, ...GOING_AWAY.map((byte, i) => byte ^ (mask[i] ?? 0))]);
}

/** One direction of a WebSocket: relays everything until `leave`, and then ends after a complete frame. */
export class FrameRelay {
  readonly #frames = new Frames();
  readonly #closing: () => Buffer;
  #state: 'open' | 'leaving' | 'ended' = 'open';

  constructor(closing: () => Buffer) {
    this.#closing = closing;
  }

  /** Whether its reader got a close frame from the other end or from the gateway. */
  get over(): boolean {
    return this.#state === 'ended' || this.finished;
  }

  /** Whether its sender has sent a complete close frame. */
  get finished(): boolean {
    return this.#frames.closed && this.#frames.atBoundary;
  }

  /** The part of these bytes that is passed on. */
  pass(chunk: Buffer): Buffer {
    if (this.#state === 'leaving') return this.#passLast(chunk);
    this.#frames.follow(chunk);
    return this.#state === 'open' ? chunk : NOTHING;
  }

  /** The close frame for its reader, or nothing within a frame or after the sender's own close frame. */
  leave(): Buffer {
    if (this.#state !== 'open' || this.#frames.closed) return NOTHING;
    this.#state = this.#frames.atBoundary ? 'ended' : 'leaving';
    return this.#state === 'ended' ? this.#closing() : NOTHING;
  }

  #passLast(chunk: Buffer): Buffer {
    const end = this.#frames.step(chunk, 0);
    if (!this.#frames.atBoundary) return chunk;
    this.#state = 'ended';
    // A close frame of which only the first byte had arrived at the start of the drain.
    const closing = this.#frames.closed ? NOTHING : this.#closing();
    this.#frames.follow(chunk.subarray(end));
    return Buffer.concat([chunk.subarray(0, end), closing]);
  }
}
