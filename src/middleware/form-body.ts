import type { Busboy } from 'busboy';
import { GatewayError } from '../core/failure.ts';

/** No form that a person fills in has more fields and files. */
const MAX_FIELDS = 1_000;
const MAX_NAME = 200;

type Value = string | File;

/** A list for a name that occurs more than once. */
export type FormField = Value | readonly Value[];

/**
 * The fields of a form by name: texts, files of a multipart form, and lists for names that occur more than once. The
 * bytes are in memory already, within the limit of the route, so that nothing is written to a disk.
 * @throws GatewayError 400 for a malformed form, 413 for one of too many fields.
 */
export async function parseForm(bytes: Buffer, contentType: string): Promise<Readonly<Record<string, FormField>>> {
  const { default: busboy } = await import('busboy');
  const fields = new FormFields(bytes);
  const isMultipart = MULTIPART.test(contentType);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (cause: unknown): void => reject(cause instanceof GatewayError ? cause : malformed(cause));
  try {
    const parser = busboy({
      headers: { 'content-type': contentType },
      defParamCharset: 'utf8',
      // One more, so that it is seen.
      limits: {
        fields: MAX_FIELDS + 1,
        files: MAX_FIELDS + 1,
        fieldNameSize: MAX_NAME + 1,
        fieldSize: Number.POSITIVE_INFINITY,
      },
    });
    read({ parser, isMultipart }, fields, fail);
    parser.on('close', resolve);
    parser.end(isMultipart ? bytes : ascii(bytes));
  } catch (cause) {
    // It has no boundary.
    fail(cause);
  }
  await promise;
  // The parser leaves out parts whose headers it does not understand, and a backend might not.
  if (isMultipart && fields.size !== partsIn(bytes, contentType)) throw malformed(new Error('a part has no name'));
  return fields.toObject();
}

const MULTIPART = /^multipart\//i;
const BOUNDARY = /;[ \t]*boundary=(?:"([^"]*)"|([^;\s]*))/i;
const CRLF = '\r\n';
const CLOSING = '--';

/** The number of parts of a multipart form (RFC 2046 §5.1.1). */
function partsIn(bytes: Buffer, contentType: string): number {
  const [, quoted, token] = BOUNDARY.exec(contentType) ?? [];
  const delimiter = `--${quoted ?? token}`;
  let parts = 0;
  for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(`${CRLF}${delimiter}`, at)) {
    at += bytes.toString('latin1', at, at + CRLF.length) === CRLF ? CRLF.length + delimiter.length : delimiter.length;
    if (bytes.toString('latin1', at, at + CLOSING.length) === CLOSING) break;
    parts++;
  }
  return parts;
}
const BEYOND_ASCII = /[\x80-\xff]/g;

/** A urlencoded form whose bytes are all percent-encoded, because the parser takes others for Latin-1. */
function ascii(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const encoded = text.replace(BEYOND_ASCII, byte => `%${byte.charCodeAt(0).toString(16)}`);
  return encoded === text ? bytes : Buffer.from(encoded, 'latin1');
}

interface FormParser {
  readonly parser: Busboy;
  readonly isMultipart: boolean;
}

function read({ parser, isMultipart }: FormParser, fields: FormFields, fail: (cause: unknown) => void): void {
  const attempt = (add: () => void): void => {
    try {
      add();
    } catch (cause) {
      fail(cause);
      parser.destroy();
    }
  };
  parser.on('error', fail);
  parser.on('field', (name, value: string | undefined, { encoding }) =>
    attempt(() => {
      // In a urlencoded form it is the charset.
      if (isMultipart) requirePlain(encoding);
      // The part names a charset that the parser does not know.
      if (value === undefined) throw malformed(new Error('unknown charset'));
      fields.add(name, value);
    }),
  );
  parser.on('file', (name, stream, { filename, mimeType, encoding }) => {
    const chunks: Buffer[] = [];
    stream.on('error', fail);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    attempt(() => {
      requirePlain(encoding);
      const entry = fields.add(name, undefined);
      stream.on('end', () => {
        entry.value = fileOf(filename, mimeType, chunks);
      });
    });
  });
}

/** RFC 7578 §4.7: no transfer encoding but these is sent, and backends differ in whether they decode others. */
function requirePlain(encoding: string): void {
  if (!PLAIN.has(encoding.toLowerCase())) throw malformed(new Error(`transfer encoding ${encoding}`));
}

const PLAIN: ReadonlySet<string> = new Set(['7bit', '8bit', 'binary']);

/** A browser sends an empty file without a name where none was chosen. */
function fileOf(name: string | undefined, type: string, chunks: readonly Buffer[]): File | undefined {
  if (name === undefined && chunks.length === 0) return undefined;
  return new File([Buffer.concat(chunks)], name ?? '', { type });
}

interface FormEntry {
  readonly name: string;
  /** Undefined for a file that is not there yet, or was not chosen. */
  value: Value | undefined;
}

class FormFields {
  readonly #bytes: Buffer;
  /** In the order of the form. */
  readonly #entries: FormEntry[] = [];
  #hasReplacement: boolean | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** @param name undefined if a part of a multipart form has none. */
  add(name: string | undefined, value: Value | undefined): FormEntry {
    if (name === undefined || name.length > MAX_NAME) throw malformed(new Error('a name is missing or too long'));
    if (this.#entries.length === MAX_FIELDS) throw tooMany();
    this.#requireUtf8(name);
    if (typeof value === 'string') this.#requireUtf8(value);
    const entry: FormEntry = { name, value };
    this.#entries.push(entry);
    return entry;
  }

  /** `__proto__` is a name like any other. */
  toObject(): Readonly<Record<string, FormField>> {
    const fields = new Map<string, Value[]>();
    for (const { name, value } of this.#entries) {
      if (value !== undefined) fields.set(name, [...(fields.get(name) ?? []), value]);
    }
    return Object.fromEntries(
      [...fields].map(([name, [first = '', ...more]]) => [name, more.length > 0 ? [first, ...more] : first]),
    );
  }

  /** The parser puts replacement characters in place of bytes that are no UTF-8. */
  #requireUtf8(text: string): void {
    if (!text.includes('\u{fffd}')) return;
    this.#hasReplacement ??= hasReplacement(this.#bytes);
    if (!this.#hasReplacement) throw malformed(new Error('invalid UTF-8'));
  }
}

/** Whether a client has written the replacement character itself. */
function hasReplacement(bytes: Buffer): boolean {
  return bytes.includes('\u{fffd}') || /%ef%bf%bd/i.test(bytes.toString('latin1'));
}

function malformed(cause: unknown): GatewayError {
  return new GatewayError('request.malformed', 'The body is not a form in UTF-8', { cause });
}

function tooMany(): GatewayError {
  return new GatewayError('request.body_too_large', `The form has more than ${MAX_FIELDS} fields`);
}
