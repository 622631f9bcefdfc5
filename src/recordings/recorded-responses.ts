import type { HeaderList } from '../core/headers/header-list.ts';
import { keyOf, type RecordedRequest, type RequestIdentity, requestText } from './recorded-request.ts';
import type { RecordedResponse } from './recorded-response.ts';
import type { Recording } from './recording-file.ts';
import { ReplayOrder } from './replay-order.ts';

/** What is found for a request. */
export interface FoundResponse {
  readonly response: RecordedResponse;
  /** The file, relative to the folder of the recordings. */
  readonly file: string;
}

interface Variant {
  readonly file: string;
  readonly recording: Recording;
}

const MAX_NEAREST = 3;

/** The recorded responses of a folder, and how far they have been replayed. */
export class RecordedResponses {
  readonly #byKey = new Map<string, Variant[]>();
  readonly #identity: RequestIdentity;
  readonly #order = new ReplayOrder();

  constructor(recordings: ReadonlyMap<string, Recording>, identity: RequestIdentity) {
    this.#identity = identity;
    for (const [file, recording] of recordings) {
      const key = keyOf(recording.request);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), { file, recording }]);
    }
  }

  /** The number of requests that have a response. */
  get size(): number {
    return this.#byKey.size;
  }

  /**
   * The next response to a request; undefined if it was not recorded.
   * @param request as `RequestIdentity.of` makes it.
   * @param headers those of the request, for what a response depends on by its `Vary`.
   */
  find(request: RecordedRequest, headers: HeaderList): FoundResponse | undefined {
    const variants = this.#byKey.get(keyOf(request)) ?? [];
    const fitting = variants.filter(({ recording }) => this.#fits(recording.request, headers));
    // The one that depends on most fields says most about this request.
    const [variant] = fitting.sort((a, b) => dependencies(b) - dependencies(a));
    if (variant === undefined) return undefined;
    const { file, recording } = variant;
    const response = this.#order.next(file, request.service, request.method, recording.takes);
    return response && { response, file };
  }

  /** The most similar recorded requests, as texts, the nearest first. */
  nearest(request: RecordedRequest): readonly string[] {
    const ranked = [...this.#byKey.values()]
      .flatMap(variants => variants.map(({ recording }) => recording.request))
      .map(known => ({ known, distance: distanceOf(request, known) }))
      .filter(({ distance }) => distance < UNRELATED)
      .sort((a, b) => a.distance - b.distance);
    return ranked.slice(0, MAX_NEAREST).map(({ known }) => describedVariant(known));
  }

  #fits({ headers = {} }: RecordedRequest, wanted: HeaderList): boolean {
    const own = this.#identity.varying(Object.keys(headers), wanted);
    return Object.entries(headers).every(([name, value]) => own[name] === value);
  }
}

function dependencies({ recording }: Variant): number {
  return Object.keys(recording.request.headers ?? {}).length;
}

function describedVariant(request: RecordedRequest): string {
  const fields = Object.entries(request.headers ?? {}).map(([name, value]) => `${name}: ${value ?? 'none'}`);
  return fields.length === 0 ? requestText(request) : `${requestText(request)} (${fields.join(', ')})`;
}

const UNRELATED = 1_000;

/** Small for a request that differs in little: the body, then the query, then steps of the path. */
function distanceOf(a: RecordedRequest, b: RecordedRequest): number {
  if (a.service !== b.service) return UNRELATED;
  const method = a.method === b.method && a.upgrade === b.upgrade ? 0 : 20;
  const query = a.query === b.query ? 0 : 5;
  const body = a.body?.sha256 === b.body?.sha256 ? 0 : 2;
  const [own, other] = [a.path.split('/'), b.path.split('/')];
  const steps = Math.max(own.length, other.length);
  let different = 0;
  for (let i = 0; i < steps; i++) if (own[i] !== other[i]) different++;
  return method + query + body + 10 * different;
}
