import type { Handler } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { mapResult } from '../core/map-result.ts';
import { MOCK_FIELD } from '../core/ports/backend-mock.ts';
import { withHeader } from '../core/reply.ts';

const RANKS = ['recorded', 'example', 'generated'];

/** What the parts of an aggregate were made of, so that its response says it. */
export class MockedSources {
  // Every part of one response has the headers of its client's request.
  readonly #sources = new WeakMap<HeaderList, string>();

  /** Around a part, its cache included: a stored response says it as well. */
  ofPart(next: Handler): Handler {
    return x =>
      mapResult(next, x, reply => {
        const source = reply.headers.get(MOCK_FIELD.toLowerCase());
        const { clientHeaders } = x.details;
        if (source !== undefined && clientHeaders !== undefined) this.#add(clientHeaders, source);
        return reply;
      });
  }

  /** Around the aggregate. */
  ofAggregate(next: Handler): Handler {
    return x =>
      mapResult(next, x, reply => {
        const source = this.#sources.get(x.headers);
        return source === undefined ? reply : withHeader(reply, MOCK_FIELD, source);
      });
  }

  /** The part that is farthest from a real response speaks for the whole. */
  #add(client: HeaderList, source: string): void {
    const known = this.#sources.get(client);
    if (known === undefined || RANKS.indexOf(source) > RANKS.indexOf(known)) this.#sources.set(client, source);
  }
}
