import type { ServerResponse } from 'node:http';
import type { Sink } from '../core/body.ts';

/** A client's response as the sink of a body. */
export class ResponseSink implements Sink {
  readonly res: ServerResponse;

  constructor(res: ServerResponse) {
    this.res = res;
  }

  /** Whether it ended whole before its source did. */
  get left(): boolean {
    return false;
  }

  write(chunk: Buffer): boolean {
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
