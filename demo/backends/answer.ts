import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

const BODY_LIMIT = 64 * 1024;

export interface Question {
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** The parsed JSON body; undefined when there is none or it is not JSON. */
  json(): Promise<unknown>;
}

export type Answer = { readonly status?: number; readonly headers?: OutgoingHttpHeaders } & (
  | { readonly json: unknown }
  | { readonly text: string }
  | { readonly stream: (response: ServerResponse) => void }
);

/** 'GET /v2/items/:id' and who answers it. */
export type Answerers = Readonly<Record<string, (request: Question) => Answer | Promise<Answer>>>;

export const notFound = (what: string): Answer => ({ status: 404, json: { error: `no such ${what}` } });

export async function answerFor(answerers: Answerers, request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://backend');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  for (const [address, response] of Object.entries(answerers)) {
    const [wanted, pattern = ''] = address.split(' ');
    const match = wanted === method ? new URLPattern({ pathname: pattern }).exec({ pathname }) : null;
    if (match) return response(question(request, match.pathname.groups));
  }
  return notFound('address');
}

export function write(response: ServerResponse, answer: Answer): void {
  response.statusCode = answer.status ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (value !== undefined) response.setHeader(name, value);
  }
  if ('stream' in answer) {
    answer.stream(response);
  } else if ('text' in answer) {
    response.end(answer.text);
  } else {
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(answer.json));
  }
}

function question(request: IncomingMessage, groups: Record<string, string | undefined>): Question {
  const params = Object.fromEntries(Object.entries(groups).map(([name, raw]) => [name, decode(raw ?? '')]));
  return { params, headers: request.headers, json: () => readJson(request) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      size += chunk.length;
      if (size > BODY_LIMIT) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}
