import Negotiator from 'negotiator';
import type { GatewayError } from '../core/failure.ts';
import { STATUS_CODES } from '../core/node-http.ts';
import type { ThrownError } from '../core/ports/thrown.ts';
import { bytesReply, type Reply } from '../core/reply.ts';

/** The information about the request in a problem: never its query, which may contain secrets. */
export interface ProblemContext {
  readonly requestId: string;
  readonly path: string;
  readonly accept: string | undefined;
  /** Fields of every response to a failure. */
  readonly fields: readonly string[];
  /** The thrown error, for a developer; empty if clients must not see it. */
  readonly thrown: readonly ThrownError[];
}

/**
 * The only place that converts a failure to a response: problem+json (RFC 9457), or an HTML page for a browser that
 * prefers one.
 */
export function problemReply(failure: GatewayError, context: ProblemContext): Reply {
  const reply = prefersHtml(context.accept) ? page(failure, context) : problem(failure, context);
  const fields = ['Cache-Control', 'no-store', ...context.fields, ...(failure.details.headers ?? [])];
  if (failure.proxyStatus !== undefined) fields.push('Proxy-Status', `portico; error=${failure.proxyStatus}`);
  return { ...reply, headers: reply.headers.concat(fields) };
}

function problem(failure: GatewayError, { requestId, path, thrown }: ProblemContext): Reply {
  const { code, title, status, message, details } = failure;
  const members = {
    type: `urn:portico:error:${code}`,
    title,
    status,
    detail: message,
    instance: path,
    code,
    requestId,
    ...(details.errors === undefined ? {} : { errors: details.errors }),
    ...(details.login === undefined ? {} : { login: details.login }),
    ...(thrown.length === 0 ? {} : { thrown }),
  };
  return bytesReply(status, 'application/problem+json', Buffer.from(JSON.stringify(members)));
}

const TYPES = ['application/problem+json', 'application/json', 'text/html'];

function prefersHtml(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/html')) return false;
  return new Negotiator({ headers: { accept } }).mediaType(TYPES) === 'text/html';
}

function page(failure: GatewayError, { requestId, thrown }: ProblemContext): Reply {
  const { status, title, message, code } = failure;
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${escaped(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto 0; padding: 0 1.5rem }
  body { color: #1c2430; background: #fff }
  h1 { font-size: 1.6rem; margin: 0 0 .5rem } p { margin: 0 0 1rem } code { color: #667 ; font-size: .85rem }
  @media (prefers-color-scheme: dark) { body { color: #e6e9ef; background: #14181f } code { color: #99a } }
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(message)}.</p>
<p><code>${status} ${STATUS_CODES[status] ?? ''} · ${code} · ${escaped(requestId)}</code></p>
${thrown.map(thrownPart).join('')}</html>
`;
  return bytesReply(status, 'text/html; charset=utf-8', Buffer.from(html));
}

function thrownPart({ message, at, frame }: ThrownError): string {
  return `<pre>${escaped([message, at, frame].filter(text => text !== undefined).join('\n'))}</pre>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
