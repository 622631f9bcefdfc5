import type { IncomingMessage, ServerResponse } from 'node:http';

/** The requests of one connection: they are answered in order, and what was executed is answered (RFC 9112 §9.3.2). */
export class Pipeline {
  /** Whether nothing that still comes is a request: the client said that it has sent its last one, or was refused (RFC 9112 §9.6). */
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

/** The pipeline of each connection. */
export class Pipelines {
  readonly #all = new WeakMap<object, Pipeline>();

  of(socket: object): Pipeline {
    let pipeline = this.#all.get(socket);
    if (pipeline === undefined) {
      pipeline = new Pipeline();
      this.#all.set(socket, pipeline);
    }
    return pipeline;
  }
}
