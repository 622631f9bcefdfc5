import type { PassedNames } from '../config/pass.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { GATEWAY_FIELDS } from '../core/headers/part-fields.ts';
import type { TraceIds } from '../core/trace-ids.ts';

/** The fields of every part's request, independent of the client. */
export const OF_EVERY_PART: readonly string[] = [
  'accept',
  'application/json',
  'accept-encoding',
  'identity',
  'user-agent',
  'portico',
];

/** With `user-agent` of the client. */
const WITH_OWN_AGENT: readonly string[] = OF_EVERY_PART.slice(0, -2);

/**
 * The request fields of the parts of one aggregate: those of the gateway, in one pass over the client's, and what is
 * passed of the client's.
 */
export class PartFields {
  readonly #client: HeaderList;
  readonly #traces: TraceIds;
  readonly #own: string[] = [];
  #trace: string | undefined;

  constructor(client: HeaderList, traces: TraceIds) {
    this.#client = client;
    this.#traces = traces;
    const { flat } = client;
    for (let i = 0; i < flat.length; i += 2) {
      const name = flat[i] ?? '';
      if (!GATEWAY_FIELDS.has(name)) continue;
      if (name === 'traceparent') this.#trace = flat[i + 1];
      else this.#own.push(name, flat[i + 1] ?? '');
    }
  }

  /** @param more fields of the part itself. */
  of(passed: PassedNames, more: readonly string[]): HeaderList {
    const trace = this.#trace === undefined ? NONE : ['traceparent', this.#traces.child(this.#trace)];
    const isPassed = passed.headers.size > 0 || passed.cookies.size > 0;
    if (!isPassed) return new HeaderList(this.#own.concat(trace, OF_EVERY_PART, more));
    const client = passedFields(this.#client, passed);
    const every = client.has('user-agent') ? WITH_OWN_AGENT : OF_EVERY_PART;
    return new HeaderList(client.flat.concat(this.#own, trace, every, more));
  }

  /** The same fields with a parent id of their own in the trace. */
  inTrace(headers: HeaderList): HeaderList {
    return this.#trace === undefined ? headers : headers.set('traceparent', this.#traces.child(this.#trace));
  }
}

const NONE: readonly string[] = [];

function passedFields(client: HeaderList, { headers, cookies }: PassedNames): HeaderList {
  const fields = client.only(name => headers.has(name));
  if (cookies.size === 0 || headers.has('cookie')) return fields;
  const pairs = client.all('cookie').flatMap(line => line.split(';').filter(pair => cookies.has(cookieName(pair))));
  return pairs.length === 0 ? fields : fields.add('cookie', pairs.map(pair => pair.trim()).join('; '));
}

/** RFC 6265 §4.2.1: `name=value`. */
export function cookieName(pair: string): string {
  const equals = pair.indexOf('=');
  return equals < 0 ? '' : pair.slice(0, equals).trim();
}
