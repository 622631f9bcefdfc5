import type { ServerResponse } from 'node:http';
import type { Sink } from '../core/body.ts';

/** A client's response as the sink of a body. */
export class ResponseSink implements Sink {
  readonly res: ServerResponse;
  #begun = false;

  constructor(res: ServerResponse) {
    this.res = res;
  }

  /** Whether it ended whole before its source did. */
  get left(): boolean {
    return false;
  }

  /** The head waits for the first bytes to share a packet with them; where there are none yet, the client need not wait too. */
  show(): void {
    if (!this.#begun && !this.res.writableEnded) this.res.flushHeaders();
  }

  write(chunk: Buffer): boolean {
    this.#begun = true;
    return this.res.write(chunk);
  }

  end(last?: Buffer): void {
    if (last === undefined) this.res.end();
    else this.res.end(last);
  }

  onDrain(listener: () => void): void {
    this.res.on('drain', listener);
  }

  onClose(listener: () => void): void {
    this.res.on('close', listener);
  }
}
