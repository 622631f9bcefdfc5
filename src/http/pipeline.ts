import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The requests of one connection. */
class Pipeline {
  /** Whether later bytes are no request: the client announced its last one, or was rejected (RFC 9112 §9.6). */
  isOver = false;
  /** Whether malformed bytes arrived. */
  isBroken = false;
  /** Whether a request was rejected in a way that leaves its end unknown. */
  isRejected = false;
  #req: IncomingMessage | undefined;
  #res: ServerResponse | undefined;
  #before: ServerResponse | undefined;

  enter(req: IncomingMessage, res: ServerResponse): void {
    this.#before = this.#res;
    this.#req = req;
    this.#res = res;
    if (!res.shouldKeepAlive) this.isOver = true;
  }

  /** Whether a later request of this connection waits for its own response. */
  isFollowed(res: ServerResponse): boolean {
    return this.#res !== undefined && this.#res !== res;
  }

  /** The latest request and the response before its own, until it is sent completely. */
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

/** Runs when the previous response has ended. */
function after(before: ServerResponse | undefined, act: () => void): void {
  if (before?.writableFinished === false && !before.destroyed) before.once('finish', act);
  else act();
}

/**
 * The requests of each connection: responses are sent in order, and every executed request gets its response (RFC 9112
 * §9.3.2).
 */
export class Pipelines {
  readonly #all = new WeakMap<object, Pipeline>();
  /** Those that are in middleware, or come from there. */
  readonly #welcome = new WeakSet<ServerResponse>();

  /**
   * Called in the order in which requests arrive.
   * @returns false for bytes that are no request of the client (RFC 9112 §9.6): it announced its last one, or was
   * rejected, and this may be the rest of that. It gets no response.
   */
  arrive(req: IncomingMessage, res: ServerResponse): boolean {
    const pipeline = this.#of(req.socket);
    if (pipeline.isOver) return false;
    pipeline.enter(req, res);
    return true;
  }

  /** The same before middleware, which may reorder requests. */
  arriveFirst(req: IncomingMessage, res: ServerResponse): boolean {
    const isWelcome = this.arrive(req, res);
    if (isWelcome) this.#welcome.add(res);
    return isWelcome;
  }

  /** The same after middleware. */
  arriveLast(req: IncomingMessage, res: ServerResponse): boolean {
    return this.#welcome.has(res) || this.arrive(req, res);
  }

  /** Later bytes on this connection are no request. */
  end(socket: object): void {
    const pipeline = this.#of(socket);
    pipeline.isOver = true;
    pipeline.isRejected = true;
  }

  /** Whether requests of the connection that have not run are none. */
  isRejected(socket: object): boolean {
    return this.#of(socket).isRejected;
  }

  /** Whether a later request of the connection waits for its own response. */
  isFollowed({ socket }: IncomingMessage, res: ServerResponse): boolean {
    return this.#of(socket).isFollowed(res);
  }

  /**
   * Malformed bytes arrived. Executed requests get their responses first.
   * @param end.refuse responds and closes the connection, if no response is in progress.
   * @param end.hangUp closes it silently.
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
    // The bytes are in the body of a request whose response is complete and waits for its turn.
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
