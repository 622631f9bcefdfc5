import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The requests of one connection. */
class Pipeline {
  /**
   * Whether nothing that still comes is a request: the client said that it has sent its last one, or was refused (RFC
   * 9112 §9.6).
   */
  isOver = false;
  /** Whether something came that is no HTTP. */
  isBroken = false;
  #req: IncomingMessage | undefined;
  #res: ServerResponse | undefined;
  #before: ServerResponse | undefined;

  enter(req: IncomingMessage, res: ServerResponse): void {
    this.#before = this.#res;
    this.#req = req;
    this.#res = res;
    if (!res.shouldKeepAlive) this.isOver = true;
  }

  /** Whether another request of this connection waits for its own response behind this one. */
  isFollowed(res: ServerResponse): boolean {
    return this.#res !== undefined && this.#res !== res;
  }

  /** The request that arrived last and the response before its own, while it is not answered to its last byte. */
  get unanswered(): Unanswered | undefined {
    const [req, res, before] = [this.#req, this.#res, this.#before];
    if (req === undefined || res === undefined || res.writableFinished || res.destroyed) return undefined;
    return { req, res, before };
  }
}

interface Unanswered {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly before: ServerResponse | undefined;
}

/** In its turn: when the response before has ended. */
function after(before: ServerResponse | undefined, act: () => void): void {
  if (before?.writableFinished === false && !before.destroyed) before.once('finish', act);
  else act();
}

/**
 * The requests of each connection: responses go out in order, and what was executed gets its response (RFC 9112
 * §9.3.2).
 */
export class Pipelines {
  readonly #all = new WeakMap<object, Pipeline>();
  /** Those that are with middleware, or come from there. */
  readonly #welcome = new WeakSet<ServerResponse>();

  /**
   * To be called in the order in which requests come.
   * @returns false for what is no request of its client (RFC 9112 §9.6): it said that it was done, or was refused for
   * what it sent before, and this may be the rest of that. It is not answered.
   */
  arrive(req: IncomingMessage, res: ServerResponse): boolean {
    const pipeline = this.#of(req.socket);
    if (pipeline.isOver) return false;
    pipeline.enter(req, res);
    return true;
  }

  /** The same before middleware, which may let a later request pass an earlier one. */
  arriveFirst(req: IncomingMessage, res: ServerResponse): boolean {
    const isWelcome = this.arrive(req, res);
    if (isWelcome) this.#welcome.add(res);
    return isWelcome;
  }

  /** The same behind middleware. */
  arriveLast(req: IncomingMessage, res: ServerResponse): boolean {
    return this.#welcome.has(res) || this.arrive(req, res);
  }

  /** Nothing that still comes on this connection is a request. */
  end(socket: object): void {
    this.#of(socket).isOver = true;
  }

  /** Whether another request of the connection waits for its own response behind this one. */
  isFollowed({ socket }: IncomingMessage, res: ServerResponse): boolean {
    return this.#of(socket).isFollowed(res);
  }

  /**
   * What came on a connection is no HTTP. What was executed before is answered first.
   * @param end.refuse answers and ends the connection, where no response is under way.
   * @param end.hangUp ends it without a word.
   */
  broken(socket: Duplex, end: { refuse(): void; hangUp(): void }): void {
    const pipeline = this.#of(socket);
    const isKnown = pipeline.isBroken;
    pipeline.isOver = true;
    pipeline.isBroken = true;
    if (isKnown) return;
    const pending = pipeline.unanswered;
    if (pending === undefined) end.refuse();
    else if (pending.req.complete) pending.res.once('finish', end.refuse);
    // It stands in the body of a request that is answered already; the response waits for its turn.
    else if (pending.res.writableEnded) pending.res.once('finish', end.hangUp);
    // In the middle of a response a second one would be read as the rest of the first.
    else after(pending.before, pending.res.headersSent ? () => socket.destroy() : end.refuse);
  }

  #of(socket: object): Pipeline {
    let pipeline = this.#all.get(socket);
    if (pipeline === undefined) {
      pipeline = new Pipeline();
      this.#all.set(socket, pipeline);
    }
    return pipeline;
  }
}
