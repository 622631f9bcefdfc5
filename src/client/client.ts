import { pathOf, searchOf } from './address.ts';
import type {
  AddressValue,
  AnyQuery,
  ArgumentsOf,
  CallOptions,
  ResponseOf,
  StreamedKey,
  StreamLine,
} from './contract.ts';
import { readStream } from './read-stream.ts';
import { requestBody } from './request-body.ts';
import { ResponseError } from './response-error.ts';

export interface ClientOptions {
  /** Where the gateway is: an origin, perhaps with a path. Default: the origin of the page. */
  readonly baseUrl?: string | URL;
  /** Headers of every call, or a function that is called for each of them. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** Default: the global one, looked up at each call. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Calls routes by method and path, as their files are named: `call('GET /api/products/[id]', { params: { id } })`. */
export interface RouteClient<Routes> {
  /**
   * @returns the value of the response: JSON, text, or undefined without content; any other body as a Blob.
   * @throws ResponseError for a status that is no success, TypeError for params that make no path, and what `fetch`
   * throws.
   */
  <Key extends keyof Routes & string>(key: Key, ...options: ArgumentsOf<Routes[Key]>): Promise<ResponseOf<Routes[Key]>>;
  /** The response itself, with whatever status and body. */
  raw<Key extends keyof Routes & string>(key: Key, ...options: ArgumentsOf<Routes[Key]>): Promise<Response>;
  /**
   * The parts of a streamed route, each as soon as it is there. The request starts and ends with the loop.
   * @throws ResponseError for a status that is no success, StreamError for a stream that is not complete.
   */
  stream<Key extends StreamedKey<Routes>>(
    key: Key,
    ...options: ArgumentsOf<Routes[Key]>
  ): AsyncGenerator<StreamLine<Routes[Key]>, void, undefined>;
}

/** A client of the routes in `Routes`, the index that `portico types` writes. It works in browsers and in Node. */
export function client<Routes>(options?: ClientOptions): RouteClient<Routes>;
// The types are those of the routes; at run time a call is a method, a path and its input.
export function client(options: ClientOptions = {}): unknown {
  const raw = async (key: string, input: Input = {}): Promise<Response> => send(options, key, input);
  const call = async (key: string, input?: Input): Promise<unknown> => {
    const response = await raw(key, input);
    if (!response.ok) throw await ResponseError.of(key, response);
    return contentOf(response);
  };
  async function* stream(key: string, input: Input = {}): AsyncGenerator<object, void, undefined> {
    const headers = { accept: 'application/x-ndjson', ...input.headers };
    const response = await raw(key, { ...input, headers });
    if (!response.ok) throw await ResponseError.of(key, response);
    yield* readStream({ key, response, signal: input.signal });
  }
  return Object.assign(call, { raw, stream });
}

/** The options of a call without the types of a route. */
interface Input extends CallOptions {
  readonly params?: Readonly<Record<string, AddressValue | readonly AddressValue[] | undefined>>;
  readonly query?: AnyQuery;
  readonly body?: unknown;
}

function send(options: ClientOptions, key: string, { params = {}, query, body, ...call }: Input): Promise<Response> {
  const [method = '', pattern = ''] = key.split(' ');
  const base = String(options.baseUrl ?? '').replace(/\/$/, '');
  const always = typeof options.headers === 'function' ? options.headers() : options.headers;
  const sent = requestBody(body);
  const fetched = options.fetch ?? globalThis.fetch;
  return fetched(`${base}${pathOf(pattern, params)}${searchOf(query)}`, {
    ...call,
    ...sent.init,
    method,
    headers: merged([{ accept: 'application/json' }, sent.headers, always, call.headers]),
  });
}

/** Names are equal in any case, and the last value counts. */
function merged(layers: readonly (Readonly<Record<string, string>> | undefined)[]): Headers {
  const headers = new Headers();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer ?? {})) headers.set(name, value);
  }
  return headers;
}

/** RFC 9110 §15.3.5 and §15.3.6. */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205]);

async function contentOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  if (WITHOUT_CONTENT.has(response.status) || response.body === null) return undefined;
  if (/^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return response.json();
  return /^text\//i.test(type) ? response.text() : response.blob();
}
