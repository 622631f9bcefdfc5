import { bytesBody, collect } from '../core/body.ts';
import { type Decode, decodersOf } from '../core/content-decoders.ts';
import type { ExactValue } from '../core/exact-json.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { type AllowedPages, mayAct } from './allowed-origins.ts';
import { type FormField, parseForm } from './form-body.ts';
import { parseJson } from './json-body.ts';
import { type MediaType, mediaTypeOf } from './media-type.ts';

/** What a client may send where a body is read. */
const TYPES = 'application/json, application/x-www-form-urlencoded, multipart/form-data';
const ENCODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'br', 'zstd']);

/** They are about the bytes with their content encoding (RFC 9530 §2 and §3, RFC 3230, RFC 1864). */
const OF_THE_ENCODED: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
]);

export interface ReadContent {
  /** With the bytes that were read, without a content encoding: the checked text is what a backend reads. */
  readonly x: Exchange;
  readonly content:
    | { readonly kind: 'json'; readonly value: ExactValue }
    /** The fields of the form. */
    | { readonly kind: 'form'; readonly value: Readonly<Record<string, FormField>> };
}

/**
 * Reads a body that a schema or a function of the route needs: JSON or a form, in UTF-8, maybe compressed.
 * @param limit in bytes, of the body as it was sent and as it is inflated.
 * @param pages those that may send forms.
 * @throws GatewayError 415 for any other type or encoding, 413, 403 for a form of another origin's page, and 400.
 */
export async function readContent(x: Exchange, limit: number, pages: AllowedPages): Promise<ReadContent> {
  const { type, decode } = x.body.kind === 'none' ? noContentOf(x.headers) : contentOf(x.headers);
  if (type.kind === 'form' && !mayAct(x, pages)) {
    throw new GatewayError('request.forbidden', 'A page of this origin may not send forms here');
  }
  const sent = await received(x, limit);
  const bytes = decode === undefined ? sent : await inflated(decode, sent, limit);
  const headers = decode === undefined ? x.headers : x.headers.without(OF_THE_ENCODED);
  const content: ReadContent['content'] =
    type.kind === 'json'
      ? { kind: 'json', value: parseJson(bytes) }
      : { kind: 'form', value: await parseForm(bytes, type.text) };
  return { x: x.with({ headers, body: bytesBody(bytes) }), content };
}

/** All bytes, for which a slow client makes the request wait. */
async function received({ body, journal }: Exchange, limit: number): Promise<Buffer> {
  journal?.waits();
  try {
    return await collect(body, limit, () => tooLarge(limit));
  } finally {
    journal?.continues();
  }
}

interface ContentKind {
  readonly type: MediaType;
  /** Undefined without a content encoding. */
  readonly decode: Decode | undefined;
}

const NO_JSON: MediaType = { kind: 'json', text: '' };

/** Without bytes a form has no fields, and anything else no value. */
function noContentOf(headers: HeaderList): ContentKind {
  const type = mediaTypeOf(headers.get('content-type') ?? '');
  return { type: type?.kind === 'form' ? type : NO_JSON, decode: undefined };
}

function contentOf(headers: HeaderList): ContentKind {
  const types = headers.all('content-type');
  const type = types.length === 1 ? mediaTypeOf(types[0] ?? '') : undefined;
  if (type === undefined) {
    throw new GatewayError('request.unsupported_media_type', 'The body has to be JSON or a form, in UTF-8', {
      headers: ['Accept', TYPES],
    });
  }
  return { type, decode: decodeOf(headers) };
}

function decodeOf(headers: HeaderList): Decode | undefined {
  const names = headers.all('content-encoding').flatMap(value => value.toLowerCase().split(','));
  const [name, ...more] = names.map(each => each.trim()).filter(each => each !== '' && each !== 'identity');
  if (name === undefined) return undefined;
  // One encoding of another one is a bomb, and no client's habit.
  if (more.length === 0 && ENCODINGS.has(name)) return decodersOf(name)?.[0];
  // RFC 9110 §15.5.16.
  throw new GatewayError('request.unsupported_media_type', 'The body may be compressed once: by gzip, br or zstd', {
    headers: ['Accept-Encoding', 'gzip, br, zstd'],
  });
}

async function inflated(decode: Decode, bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await decode(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge(limit);
    throw new GatewayError('request.malformed', 'The body is not in its content encoding', { cause });
  }
}

function tooLarge(limit: number): GatewayError {
  return new GatewayError('request.body_too_large', `The body is larger than ${limit} bytes`);
}
