import type { Exchange } from '../core/exchange.ts';
import { HeaderList } from '../core/headers/header-list.ts';
import { mediaType } from '../core/headers/media-type.ts';
import { memoize } from '../core/memoize.ts';
import type { Reply } from '../core/reply.ts';

/**
 * Whether a response may be compressed: it has a complete body of a compressible type, is not encoded yet, and does not
 * forbid it.
 * @param min bodies known to be shorter, in bytes, are not compressed.
 */
export function isCompressible(reply: Reply, { method }: Exchange, min: number): boolean {
  const { status, headers } = reply;
  if (status < 200 || WITHOUT_BODY.has(status)) return false;
  // The cheapest test first: most responses of an API are short.
  const length = lengthOf(reply, method);
  if (length !== undefined && length < min) return false;
  return (
    gains(headers) && !isEncoded(headers) && !headers.has('content-range') && !cacheControl(headers).has('no-transform')
  );
}

// RFC 9110 §15.4.5 and §14: a 304 has no body, and a range of an encoded body is no range of the original.
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 206, 304]);

// Types that become smaller. Compressed formats (images, videos, archives, woff2) cost time and become larger.
const TYPES = new RegExp(
  [
    '^text/(?!event-stream$)',
    '[+/](json|xml|yaml)$',
    '^application/(javascript|ecmascript|x-javascript|wasm|x-ndjson|ndjson|jsonl|json5|json-seq)\\b',
    '^application/(manifest|graphql|rtf|toml|sql|x-yaml|xhtml)\\b',
    '^application/(vnd\\.ms-fontobject|x-font-(ttf|otf|opentype|truetype)|x-sh|x-www-form-urlencoded)$',
    '^font/(ttf|otf|collection)$',
    '^image/(svg\\+xml|bmp|x-icon|vnd\\.microsoft\\.icon)$',
  ].join('|'),
);

function gains(headers: HeaderList): boolean {
  const type = headers.get('content-type');
  return type !== undefined && isOfType(type);
}

const isOfType = memoize(type => TYPES.test(mediaType(HeaderList.of({ 'Content-Type': type }))));

/** Undefined if unknown; 0 if there is nothing to encode. */
function lengthOf({ body, headers }: Reply, method: string): number | undefined {
  if (body.kind === 'bytes') return body.bytes.length;
  if (body.kind === 'stream' && body.length !== undefined) return body.length;
  if (body.kind !== 'stream' && method !== 'HEAD') return 0;
  const announced = headers.get('content-length');
  return announced === undefined ? undefined : Number(announced);
}

function isEncoded(headers: HeaderList): boolean {
  const encoding = headers.joined('content-encoding');
  return encoding !== undefined && encoding.trim() !== '' && encoding.trim().toLowerCase() !== 'identity';
}

/** RFC 9111 §5.2.1.6: a client may forbid transformations too. */
export function wantsPlain(x: Exchange): boolean {
  return x.headers.has('cache-control') && cacheControl(x.headers).has('no-transform');
}

/**
 * Whether a response may contain a secret of one user. If it is compressed together with text of an attacker, the
 * length of the response reveals the secret (BREACH).
 */
export function isPersonal(x: Exchange, { headers, body }: Reply): boolean {
  if (headers.has('set-cookie') || BY_USER.test(headers.joined('vary') ?? '')) return true;
  const control = cacheControl(headers);
  if (control.has('private')) return true;
  // A stored response is shared.
  if (body.kind === 'bytes' && body.copies !== undefined) return false;
  const known = x.details.subject !== undefined || x.headers.has('cookie') || x.headers.has('authorization');
  return known && (control.has('no-store') || !(control.has('public') || control.has('s-maxage')));
}

const BY_USER = /(?:^|[\s,])(?:cookie|authorization|\*)(?:$|[\s,])/i;

/** The names of the directives. */
function cacheControl(headers: HeaderList): ReadonlySet<string> {
  return directivesIn(headers.joined('cache-control') ?? '');
}

const directivesIn = memoize((value): ReadonlySet<string> => {
  const directives = value
    .toLowerCase()
    .replaceAll(/"[^"]*"/g, '')
    .split(',');
  return new Set(directives.map(directive => (directive.split('=')[0] ?? '').trim()));
});
