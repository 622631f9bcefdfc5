import { isUtf8 } from 'node:buffer';

/** The bytes of a body in a form that a person can read and compare. */
export type RecordedBody =
  /** JSON; with `indent`, as it was written with that many spaces. */
  | { readonly json: unknown; readonly indent?: number }
  | { readonly text: string }
  /** A text of several lines, joined by line feeds. */
  | { readonly lines: readonly string[] }
  | { readonly base64: string }
  | { readonly empty: true };

/** Bytes that no text has, except tab, line feed and carriage return. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

const INDENTS: readonly number[] = [0, 2, 4];

export function recordedBody(bytes: Buffer): RecordedBody {
  if (bytes.length === 0) return { empty: true };
  if (!isUtf8(bytes)) return { base64: bytes.toString('base64') };
  const text = bytes.toString();
  if (CONTROL.test(text)) return { base64: bytes.toString('base64') };
  return jsonOf(text) ?? (text.includes('\n') ? { lines: text.split('\n') } : { text });
}

export function bytesOf(body: RecordedBody): Buffer {
  if ('empty' in body) return Buffer.alloc(0);
  if ('base64' in body) return Buffer.from(body.base64, 'base64');
  if ('json' in body) return Buffer.from(JSON.stringify(body.json, undefined, body.indent));
  return Buffer.from('text' in body ? body.text : body.lines.join('\n'));
}

/** Undefined for a text that would be another one after it was parsed and written: then the text itself is kept. */
function jsonOf(text: string): RecordedBody | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const indent = INDENTS.find(spaces => JSON.stringify(json, undefined, spaces) === text);
  if (indent === undefined) return undefined;
  return indent === 0 ? { json } : { json, indent };
}
