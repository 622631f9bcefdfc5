/** What `fetch` gets for a body. */
interface SentBody {
  readonly init: RequestInit;
  readonly headers: Readonly<Record<string, string>>;
}

/** Bodies that `fetch` sends as they are, with a Content-Type of its own where they have one. */
function isForFetch(body: unknown): body is Blob | FormData | URLSearchParams | ArrayBuffer | Uint8Array<ArrayBuffer> {
  return [Blob, FormData, URLSearchParams, ArrayBuffer].some(kind => body instanceof kind) || ArrayBuffer.isView(body);
}

/** Everything that is not a body of the platform is sent as JSON; a bigint keeps its digits. */
export function requestBody(body: unknown): SentBody {
  if (body === undefined) return { init: {}, headers: {} };
  // `duplex` is required for a stream, and missing in the types of browsers.
  if (body instanceof ReadableStream)
    return { init: Object.assign({ body }, { duplex: 'half' } as const), headers: {} };
  if (isForFetch(body)) return { init: { body }, headers: {} };
  return { init: { body: JSON.stringify(body, digits) }, headers: { 'content-type': 'application/json' } };
}

/** A proposal of ECMAScript that browsers have since 2024. */
const { rawJSON } = JSON as { readonly rawJSON?: (text: string) => unknown };

function digits(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' && rawJSON !== undefined ? rawJSON(String(value)) : value;
}
