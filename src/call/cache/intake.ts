import { type Body, bytesBody, discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure } from '../../core/failure.ts';
import { parseContentRange } from '../../core/headers/byte-range.ts';
import type { Reply } from '../../core/reply.ts';
import { withEntityTag } from './entity-tag.ts';
import type { Head } from './entry.ts';
import { type Answered, type Asking, type CachePolicy, COOKIES, judge, judgePart, keepsCookies } from './judge.ts';
import type { CacheParts, Library } from './library.ts';
import { SharedBody } from './shared-body.ts';
import type { WhyNot } from './storable.ts';

type PieceRange = ReturnType<typeof parseContentRange> & {};

/** A body that may be read more than once. */
interface Content {
  /** For the one that asked, who gets it however long it is; whoever does not read it must cancel it. */
  readonly first: Body;
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

  /** Fields that are one user's, and are neither stored nor taken over from a 304. */
  get personal(): ReadonlySet<string> {
    return keepsCookies(this.#policy) ? NONE : COOKIES;
  }

  /** A response as it is stored, and as its clients get it. */
  recognisable(reply: Reply): Reply {
    return this.#policy.key.narrow ? withEntityTag(reply) : reply;
  }

  /**
   * @param over is called when the last byte is stored, or nothing will be.
   * @returns why an answer is not kept; then it is as it was.
   */
  take(asked: Exchange, reply: Reply, asking: Asking, over: () => void): Taken | WhyNot {
    const head = this.judged(() => judge(this.#policy, asked, reply, this.timed(asking)), reply);
    if (typeof head === 'string') return head;
    if (this.isTooLong(reply.body)) return 'too-long';
    this.#library.learn(head);
    const stored = this.#library.labelled(asked, this.#library.superseding(asked, head));
    return this.keepOf(asked, stored, reply.body, asking, over, undefined);
  }

  /** The same for a 206: the piece is stored. */
  takePart(asked: Exchange, reply: Reply, asking: Asking): Taken | WhyNot {
    const range = parseContentRange(reply.headers.get('content-range'));
    if (range === undefined) return 'status';
    if (this.isTooLong(reply.body)) return 'too-long';
    const head = this.judged(() => judgePart(this.#policy, asked, reply, this.timed(asking)), reply);
    if (typeof head === 'string') return head;
    return this.keepOf(asked, this.#library.labelled(asked, head), reply.body, asking, () => {}, range);
  }

  private keepOf(
    asked: Exchange,
    head: Head,
    body: Body,
    asking: Asking,
    over: () => void,
    range: PieceRange | undefined,
  ): Taken {
    const keep = (bytes: Buffer): void => {
      // A piece of another length than its range is bytes of who knows where.
      if (range !== undefined && bytes.length !== range.to - range.from + 1) return;
      this.#library.keep(asked, head, bytes, asking, range && { from: range.from, total: range.length });
    };
    if (body.kind === 'stream') {
      const content = new SharedBody(
        body,
        { most: this.#policy.objectLimit, transit: this.#parts.transit },
        this.#parts.clock,
        {
          whole: bytes => {
            keep(bytes);
            over();
          },
          lost: why => {
            if (why === 'too-long') {
              // It is what the resource is by now, though there is no room for it.
              this.#library.withdraw(asked, head.names);
              this.#library.markUnshared(asked, 'too-long');
            }
            over();
          },
        },
      );
      const first = content.attach() ?? body;
      content.begin();
      return { head, content: { first, attach: () => content.attach() } };
    }
    const bytes = body.kind === 'bytes' ? body.bytes : EMPTY;
    keep(bytes);
    over();
    return { head, content: { first: bytesBody(bytes), attach: () => bytesBody(bytes) } };
  }

  /** A team's `tags` may throw: then nobody reads the answer, and it must be let go of. */
  private judged(judgement: () => Head | WhyNot, reply: Reply): Head | WhyNot {
    try {
      return judgement();
    } catch (thrown) {
      discard(reply.body, asFailure(thrown));
      throw thrown;
    }
  }

  private timed(asking: Asking): Answered {
    const { clock } = this.#parts;
    return { ...asking, at: { now: clock.now(), wall: clock.wall() } };
  }

  private isTooLong(body: Body): boolean {
    const length = body.kind === 'stream' ? body.length : body.kind === 'bytes' ? body.bytes.length : 0;
    return length !== undefined && length > this.#policy.objectLimit;
  }
}

const EMPTY = Buffer.alloc(0);
const NONE: ReadonlySet<string> = new Set();
