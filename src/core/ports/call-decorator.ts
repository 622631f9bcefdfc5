import type { Handler } from '../handler.ts';

/** Where a call to a service is made. */
export interface CallPlace {
  readonly service: string;
  /** As operators know it: `GET /api/products/{id}`, followed by `#part`. */
  readonly site: string;
}

/** Wraps what sends the calls to the services, for recordings. A gateway without them has none. */
export interface CallDecorator {
  /** Whether no backend is called at all: then nothing is mirrored, checked or resolved either. */
  readonly isOffline: boolean;
  /** @param send sends a call with all of its attempts, and returns the response that the chain gets. */
  around(send: Handler, place: CallPlace): Handler;
}
