/** A parsed request. Bytes are latin1 text throughout. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  /** Lower-case names, and values without surrounding whitespace. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface Reading {
  readonly requests: readonly ReadRequest[];
  /** Where the bytes end: between two messages, within one, in a malformed one, or after the last message. */
  readonly end: 'clean' | 'within' | 'malformed' | 'closed';
  /** The head of an incomplete message. */
  readonly begun: Omit<ReadRequest, 'body'> | undefined;
  /** Where the last complete message ends. */
  readonly consumed: number;
}

class Malformed extends Error {}
class Within extends Error {
  readonly begun: Omit<ReadRequest, 'body'> | undefined;

  constructor(begun?: Omit<ReadRequest, 'body'>) {
    super();
    this.begun = begun;
  }
}

/** Parses requests strictly by RFC 9112, with leniency only where no message boundary changes. */
export function readRequests(bytes: string): Reading {
  const requests: ReadRequest[] = [];
  let at = 0;
  const ended = (end: Reading['end'], begun?: Reading['begun']): Reading => ({ requests, end, begun, consumed: at });
  try {
    while (at < bytes.length) {
      const { request, next } = readRequest(bytes, at);
      requests.push(request);
      at = next;
      if (isLast(request)) return ended('closed');
    }
  } catch (error) {
    if (error instanceof Within) return ended('within', error.begun);
    if (error instanceof Malformed) return ended('malformed');
    throw error;
  }
  return ended('clean');
}

function readRequest(bytes: string, from: number): { request: ReadRequest; next: number } {
  // RFC 9112 §2.2: empty lines before a request are skipped and may end in LF alone.
  let at = from;
  while (/[\r\n]/.test(bytes[at] ?? '')) at++;
  const line = lineAt(bytes, at);
  const [, method, target, version] = REQUEST_LINE.exec(line.text) ?? [];
  if (method === undefined || target === undefined || version === undefined) throw new Malformed();
  const { fields, next } = readFields(bytes, line.next);
  const head = { method, target, version, fields };
  checkHost(head);
  const { body, end } = readBody(bytes, next, head);
  return { request: { ...head, body }, next: end };
}

// RFC 9112 §3: visible ASCII; a recipient may accept several spaces as one, which changes nothing.
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) +([\x21-\x7e]+) +HTTP\/(1\.[01])$/;
const FIELD_LINE =
  /^([!#$%&'*+.^_`|~\w-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/;

function lineAt(bytes: string, at: number): { text: string; next: number } {
  const end = bytes.indexOf('\r\n', at);
  const text = bytes.slice(at, end < 0 ? undefined : end);
  if (/[\r\n\0]/.test(end < 0 ? text.slice(0, -1) : text)) throw new Malformed();
  if (end < 0) throw new Within();
  return { text, next: end + 2 };
}

function readFields(bytes: string, from: number): { fields: (readonly [string, string])[]; next: number } {
  const fields: (readonly [string, string])[] = [];
  let at = from;
  for (;;) {
    const { text, next } = lineAt(bytes, at);
    at = next;
    if (text === '') return { fields, next };
    const [, name, value] = FIELD_LINE.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Malformed();
    fields.push([name.toLowerCase(), value]);
  }
}

type Head = Omit<ReadRequest, 'body'>;

export function valuesOf({ fields }: Pick<Head, 'fields'>, name: string): string[] {
  return fields.filter(([known]) => known === name).map(([, value]) => value);
}

// RFC 9112 §3.2.
function checkHost(head: Head): void {
  const hosts = valuesOf(head, 'host');
  const [host = ''] = hosts;
  if (hosts.length > 1 || (hosts.length === 0 && head.version === '1.1')) throw new Malformed();
  if (hosts.length === 1 && !/^(?:[\w.~!$&'()*+=;%-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/.test(host)) throw new Malformed();
}

// RFC 9112 §6.3.
function readBody(bytes: string, at: number, head: Head): { body: string; end: number } {
  const encodings = valuesOf(head, 'transfer-encoding');
  const lengths = valuesOf(head, 'content-length');
  if (encodings.length > 0) {
    if (head.version === '1.0' || lengths.length > 0 || encodings.join(',').toLowerCase() !== 'chunked')
      throw new Malformed();
    return readChunks(bytes, at, head);
  }
  const [length = '0', another] = lengths;
  if (another !== undefined || !/^\d+$/.test(length)) throw new Malformed();
  const end = at + Number(length);
  if (end > bytes.length) throw new Within(head);
  return { body: bytes.slice(at, end), end };
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const CHUNK_LINE = new RegExp(
  `^([\\da-fA-F]+)(?:[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))?)*$`,
);

// RFC 9112 §7.1.
function readChunks(bytes: string, from: number, head: Head): { body: string; end: number } {
  let at = from;
  let body = '';
  try {
    for (;;) {
      const { text, next } = lineAt(bytes, at);
      const [, digits] = CHUNK_LINE.exec(text) ?? [];
      if (digits === undefined) throw new Malformed();
      const size = Number.parseInt(digits, 16);
      if (size === 0) return { body, end: readFields(bytes, next).next };
      const end = next + size;
      if (end + 2 > bytes.length) throw new Within();
      if (!bytes.startsWith('\r\n', end)) throw new Malformed();
      body += bytes.slice(next, end);
      at = end + 2;
    }
  } catch (error) {
    throw error instanceof Within ? new Within(head) : error;
  }
}

// RFC 9112 §9.3.
function isLast(request: ReadRequest): boolean {
  const options = valuesOf(request, 'connection').flatMap(value => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  if (options.includes('close')) return true;
  return request.version === '1.0' && !options.includes('keep-alive');
}
