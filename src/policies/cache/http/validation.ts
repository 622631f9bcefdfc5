import type { Exchange } from '../../../core/exchange.ts';
import { opaqueTag } from '../../../core/headers/conditional.ts';
import { HeaderList } from '../../../core/headers/header-list.ts';
import type { Reply } from '../../../core/reply.ts';
import { isTransient } from '../../../core/transient.ts';
import type { StoredReply } from '../storage/entry.ts';

/**
 * A conditional request for stored responses (RFC 9111 §4.3.1): `candidates` are the stale response, or its variants'
 * siblings.
 */
export function validating(request: Exchange, candidates: readonly StoredReply[]): Exchange {
  const etags = candidates.map(({ etag }) => etag).filter(etag => etag !== undefined);
  const [only] = candidates.length === 1 ? candidates : [];
  const fields: string[] = [];
  if (etags.length > 0) fields.push('If-None-Match', etags.join(', '));
  // A date does not identify one of several variants.
  if (only?.lastModified !== undefined) fields.push('If-Modified-Since', only.lastModified);
  return fields.length === 0 ? request : request.with({ headers: request.headers.concat(fields) });
}

export function canValidate({ etag, lastModified, part }: StoredReply): boolean {
  return part === undefined && (etag !== undefined || lastModified !== undefined);
}

/** The stored response that a 304 confirms (RFC 9111 §4.3.4); undefined for none. */
export function validatedBy({ headers }: Reply, candidates: readonly StoredReply[]): StoredReply | undefined {
  const etag = headers.get('etag');
  const [only] = candidates.length === 1 ? candidates : [];
  if (etag === undefined) return only;
  const named = candidates.find(
    candidate => candidate.etag !== undefined && opaqueTag(candidate.etag) === opaqueTag(etag),
  );
  return named ?? (only?.etag === undefined ? only : undefined);
}

// RFC 9111 §3.2: fields that describe the stored content are not updated.
const OF_THE_CONTENT: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'transfer-encoding',
]);

/**
 * The stored fields updated by those of a 304 (RFC 9111 §3.2).
 * @param personal fields of the 304 that belong to one client.
 */
export function freshenedHeaders(stored: HeaderList, brought: HeaderList, personal: ReadonlySet<string>): HeaderList {
  const update = brought.only(name => !OF_THE_CONTENT.has(name) && !personal.has(name));
  // The 304's own Date is used; without one the Date is now.
  const replaced = new Set(['date']);
  for (let i = 0; i < update.flat.length; i += 2) replaced.add((update.flat[i] ?? '').toLowerCase());
  return new HeaderList([...stored.without(replaced).flat, ...update.flat]);
}

/** Whether the response to a HEAD shows that the stored representation is outdated (RFC 9111 §4.3.5). */
export function contradicts({ status, headers }: Reply, entry: StoredReply): boolean {
  if (isTransient(status) || SILENT_ON_GET.has(status)) return false;
  if (status !== entry.status) return true;
  if (status !== 200) return false;
  const length = headers.get('content-length');
  return (
    differs(headers.get('etag'), entry.headers.get('etag')) ||
    differs(headers.get('last-modified'), entry.headers.get('last-modified')) ||
    (length !== undefined && length !== String(entry.body.bytes.length))
  );
}

/**
 * Whether the response confirms the stored one by a validator; without one, HEAD requests could renew a body for ever.
 */
export function confirms(reply: Reply, entry: StoredReply): boolean {
  const { status, headers } = reply;
  if (status !== 200 || entry.status !== 200 || contradicts(reply, entry)) return false;
  return headers.has('etag') || headers.has('last-modified');
}

// A backend without HEAD says nothing about GET; a 304 confirms the stored response.
const SILENT_ON_GET: ReadonlySet<number> = new Set([304, 405]);

function differs(said: string | undefined, known: string | undefined): boolean {
  return said !== undefined && said !== known;
}
