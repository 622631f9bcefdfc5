import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a connection is busy with. */
interface Pending {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The response that goes out before this one. */
  readonly before: ServerResponse | undefined;
}

/** The requests of one connection: they are answered in order, and what was executed is answered (RFC 9112 §9.3.2). */
export class Pipeline {
  #last: Pending | undefined;
  /** Whether nothing that still comes is a request: the client said that it has sent its last one, or was refused (RFC 9112 §9.6). */
  isOver = false;
  /** Whether something came that is no HTTP. */
  isBroken = false;

  enter(req: IncomingMessage, res: ServerResponse): void {
    this.#last = { req, res, before: this.#last?.res };
    if (!res.shouldKeepAlive) this.isOver = true;
  }

  /** Whether another request of this connection waits for its own response behind this one. */
  isFollowed(res: ServerResponse): boolean {
    return this.#last !== undefined && this.#last.res !== res;
  }

  /** The request that arrived last, while it is not answered to its last byte. */
  get unanswered(): Pending | undefined {
    const last = this.#last;
    return last === undefined || last.res.writableFinished || last.res.destroyed ? undefined : last;
  }
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
