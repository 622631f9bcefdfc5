import type { IncomingMessage } from 'node:http';

const KEPT = 5_000;

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** The x-request-id of the request. */
  readonly id: string | undefined;
}

/** The requests a backend received, so that a test can count the calls that came through the gateway. */
export class RequestLog {
  readonly requests: SeenRequest[] = [];

  add(request: IncomingMessage): void {
    const id = request.headers['x-request-id'];
    this.requests.push({ method: request.method ?? '', url: request.url ?? '', id: Array.isArray(id) ? id[0] : id });
    if (this.requests.length > KEPT) this.requests.shift();
  }
}
