import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

const BODY_LIMIT = 64 * 1024;

export interface BackendRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON body; undefined when there is none or it is not JSON. */
  json(): Promise<unknown>;
}

export type BackendResponse = { readonly status?: number; readonly headers?: OutgoingHttpHeaders } & (
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly stream: (response: ServerResponse) => void }
);

type Handler = (request: BackendRequest) => BackendResponse | Promise<BackendResponse>;

/** By method and URL pattern: 'GET /v2/items/:id'. */
export type Handlers = Readonly<Record<string, Handler>>;

export const notFound = (what: string): BackendResponse => ({ status: 404, json: { error: `no such ${what}` } });

export async function respond(handlers: Handlers, message: IncomingMessage): Promise<BackendResponse> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://backend');
  const method = message.method === 'HEAD' ? 'GET' : message.method;
  for (const [address, handle] of Object.entries(handlers)) {
    const [wanted, pattern = ''] = address.split(' ');
    const match = wanted === method ? new URLPattern({ pathname: pattern }).exec({ pathname }) : null;
    if (match) return handle({ ...requestOf(message, match.pathname.groups), query: searchParams });
  }
  return notFound('path');
}

export function write(to: ServerResponse, response: BackendResponse): void {
  to.statusCode = response.status ?? 200;
  for (const [name, value] of Object.entries(response.headers ?? {})) {
    if (value !== undefined) to.setHeader(name, value);
  }
  if ('stream' in response) {
    response.stream(to);
  } else if ('text' in response) {
    to.end(response.text);
  } else {
    to.setHeader('Content-Type', 'application/json; charset=utf-8');
    to.end(JSON.stringify(response.json));
  }
}

function requestOf(
  message: IncomingMessage,
  groups: Record<string, string | undefined>,
): Omit<BackendRequest, 'query'> {
  const params = Object.fromEntries(Object.entries(groups).map(([name, raw]) => [name, decode(raw ?? '')]));
  return { params, headers: message.headers, json: () => readJson(message) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message) {
      size += chunk.length;
      if (size > BODY_LIMIT) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
