import { type Body, bytesBody, discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure } from '../../core/failure.ts';
import type { Reply } from '../../core/reply.ts';
import type { Head, StoredPart } from './entry.ts';
import { type Asking, type CachePolicy, judge, judgePart } from './judge.ts';
import type { CacheParts, Library } from './library.ts';
import { SharedBody } from './shared-body.ts';
import { contentRange } from './parts.ts';

/** A body that may be read more than once. */
export interface Content {
  /** A reader from the first byte on; undefined where that byte is gone. */
  attach(): Body | undefined;
}

/** An answer that is being stored while it is read. */
export interface Taken {
  readonly head: Head;
  readonly content: Content;
}

/** Answers on their way into the library: judged at their head, stored at their last byte. */
export class Intake {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #library: Library;

  constructor(policy: CachePolicy, parts: CacheParts, library: Library) {
    this.#policy = policy;
    this.#parts = parts;
    this.#library = library;
  }

  /**
   * @param over is called when the last byte is stored, or nothing will be.
   * @returns undefined for an answer that nothing allows to be kept; it is as it was.
   */
  take(asked: Exchange, reply: Reply, asking: Asking, over: () => void): Taken | undefined {
    const head = this.judged(() => judge(this.#policy, asked, reply, this.timed(asking)), reply);
    if (head === undefined || this.isTooLong(reply.body)) return undefined;
    return this.keepOf(asked, head, reply.body, asking, over, undefined);
  }

  /** The same for a 206: the piece is stored. */
  takePart(asked: Exchange, reply: Reply, asking: Asking): Taken | undefined {
    const range = contentRange(reply.headers);
    if (range === undefined || this.isTooLong(reply.body)) return undefined;
    const head = this.judged(() => judgePart(this.#policy, asked, reply, this.timed(asking)), reply);
    if (head === undefined) return undefined;
    return this.keepOf(asked, head, reply.body, asking, () => {}, { from: range.from, total: range.total });
  }

  private keepOf(
    asked: Exchange,
    head: Head,
    body: Body,
    asking: Asking,
    over: () => void,
    part: StoredPart | undefined,
  ): Taken {
    if (body.kind === 'stream') {
      const content = new SharedBody(body, this.#policy.objectLimit, this.#parts.clock, {
        whole: bytes => {
          this.#library.keep(asked, head, bytes, asking, part);
          over();
        },
        lost: why => {
          if (why === 'too-long') this.#library.markUnshared(asked);
          over();
        },
      });
      return { head, content };
    }
    const bytes = body.kind === 'bytes' ? body.bytes : EMPTY;
    this.#library.keep(asked, head, bytes, asking, part);
    over();
    return { head, content: { attach: () => bytesBody(bytes) } };
  }

  /** A team's `tags` may throw: then nobody reads the answer, and it must be let go of. */
  private judged(judgement: () => Head | undefined, reply: Reply): Head | undefined {
    try {
      return judgement();
    } catch (thrown) {
      discard(reply.body, asFailure(thrown));
      throw thrown;
    }
  }

  private timed(asking: Asking): Asking & { readonly at: { readonly now: number; readonly wall: number } } {
    const { clock } = this.#parts;
    return { ...asking, at: { now: clock.now(), wall: clock.wall() } };
  }

  private isTooLong(body: Body): boolean {
    const length = body.kind === 'stream' ? body.length : body.kind === 'bytes' ? body.bytes.length : 0;
    return length !== undefined && length > this.#policy.objectLimit;
  }
}

const EMPTY = Buffer.alloc(0);
