import { isObject, type JsonObject } from '../../config/json-object.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ProviderFetch } from '../../core/ports/identity.ts';

/** Beyond it a document is refused, so that a broken provider cannot fill the memory. */
const MAX_BYTES = 1_000_000;

/** Time in which a document has to be there, with its last byte. */
const MAX_MS = 5_000;

const REQUEST = { method: 'GET', headers: { accept: 'application/json' } };

/** How documents of a provider are read. */
export interface DocumentAccess {
  readonly fetch: ProviderFetch;
  readonly clock: Clock;
}

/** The provider has no such document: 4xx. */
export class NoDocument extends Error {
  override readonly name = 'NoDocument';
}

/**
 * The JSON object at a URL of an identity provider.
 * @throws NoDocument for a 4xx. @throws Error if it is not there in 5 s, larger than 1 MB, or no JSON object.
 */
export async function fetchProviderDocument(url: string, { fetch, clock }: DocumentAccess): Promise<JsonObject> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = clock.after(MAX_MS, () => reject(new Error(`${url} did not respond in ${MAX_MS / 1_000} s`)));
  const reading = fetch(url, REQUEST).then(response => documentIn(response, url, late));
  try {
    return await Promise.race([reading, late]);
  } finally {
    timer.cancel();
  }
}

async function documentIn(response: Response, url: string, late: Promise<never>): Promise<JsonObject> {
  const reader = response.body?.getReader();
  // Nobody needs the rest of a body that is left, so that its errors do not matter.
  const leave = (): void => void reader?.cancel().catch(() => {});
  // The time limit also ends a body that stalls.
  late.catch(leave);
  try {
    if (response.status !== 200)
      throw new (isClientError(response) ? NoDocument : Error)(`${url} responded ${response.status}`);
    const value: unknown = parsed(await bytesOf(reader, url), url);
    if (!isObject(value)) throw new Error(`${url} sent no JSON object`);
    return value;
  } finally {
    leave();
  }
}

function isClientError({ status }: Response): boolean {
  return status >= 400 && status < 500;
}

async function bytesOf(reader: ReadableStreamDefaultReader<Uint8Array> | undefined, url: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (value === undefined) return Buffer.concat(pieces);
    size += value.byteLength;
    if (size > MAX_BYTES) throw new Error(`${url} sent more than ${MAX_BYTES} bytes`);
    pieces.push(value);
  }
}

function parsed(bytes: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new Error(`${url} sent no JSON`, { cause });
  }
}
