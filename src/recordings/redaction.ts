import { isUtf8 } from 'node:buffer';
import { redactedElements } from './redacted-elements.ts';
import { redactedJson } from './redacted-json.ts';
import {
  REDACTED,
  redactedMarkup,
  redactedPath,
  redactedProse,
  redactedQuery,
  withoutSecretTexts,
} from './redacted-text.ts';
import { type IsSecretName, secretNames } from './secret-names.ts';

/** Removes secrets from what is recorded, and in the same way from a request that is looked up. */
export class Redaction {
  readonly isSecret: IsSecretName;

  /** @param names of a team's own secrets, beside the known ones. */
  constructor(names: readonly string[] = []) {
    this.isSecret = secretNames(names);
  }

  path(path: string): string {
    return redactedPath(path, this.isSecret);
  }

  query(search: string): string {
    return redactedQuery(search, this.isSecret);
  }

  /** A message of a WebSocket, an event or a line of a stream. */
  text(text: string): string {
    if (text.trim() === '') return text;
    const json = redactedJson(text, this.isSecret);
    if (json !== undefined) return json;
    return redactedProse(text.startsWith('<') ? redactedElements(text, this.isSecret) : text, this.isSecret);
  }

  /** An event of a stream: each line of data is a text of its own. */
  event(event: string): string {
    // A key has several lines.
    return withoutSecretTexts(event).replace(
      /^((?:[a-z]+:)? ?)(.*)$/gm,
      (_line, field: string, text: string) => field + this.text(text),
    );
  }

  header(name: string, value: string): string {
    const lower = name.toLowerCase();
    if (lower === 'set-cookie') return redactedCookie(value);
    if (this.isSecret(lower) && !lower.startsWith(NO_SECRETS)) return REDACTED;
    return redactedProse(value, this.isSecret);
  }

  /** The bytes of a body by its media type. A body without a secret stays as it is, byte for byte. */
  body(bytes: Buffer, contentType: string): Buffer {
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    // Other bytes that are no text are a picture or an archive.
    if (encoding === 'latin1' && !/^text\/|^multipart\/|^application\/(?:json|xml|x-www-form)/.test(type)) return bytes;
    const text = bytes.toString(encoding);
    const clean = this.#content(text, type);
    return clean === text ? bytes : Buffer.from(clean, encoding);
  }

  #content(text: string, type: string): string {
    if (type === 'application/x-www-form-urlencoded') return redactedQuery(text, this.isSecret);
    if (type === 'multipart/form-data') return this.#multipart(text);
    const json = redactedJson(text, this.isSecret);
    if (json !== undefined) return json;
    if (/^application\/(?:x-ndjson|jsonl|json-seq)$/.test(type)) return this.lines(text);
    if (/[/+]xml$/.test(type)) return redactedMarkup(redactedElements(text, this.isSecret), this.isSecret);
    return type === 'text/plain' || type === ''
      ? redactedProse(text, this.isSecret)
      : redactedMarkup(text, this.isSecret);
  }

  /** A text with a value on each line. */
  lines(text: string): string {
    return withoutSecretTexts(text)
      .split('\n')
      .map(line => this.text(line))
      .join('\n');
  }

  /** RFC 7578. */
  #multipart(text: string): string {
    const boundary = /^--([^\r\n]+)/.exec(text)?.[1];
    if (boundary === undefined) return redactedMarkup(text, this.isSecret);
    const parts = text.split(`--${boundary}`).map(part => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const name = /\bname="([^"]*)"/.exec(head)?.[1] ?? '';
      if (rest.length === 0) return part;
      const content = rest.join('\r\n\r\n');
      const clean = this.isSecret(name) ? `${REDACTED}\r\n` : this.#content(content, 'text/plain');
      return `${head}\r\n\r\n${clean}`;
    });
    return parts.join(`--${boundary}`);
  }
}

/** `Access-Control-Allow-Credentials` says nothing but true. */
const NO_SECRETS = 'access-control-';

/** RFC 6265 §4.1: the name and the attributes of a cookie stay. */
function redactedCookie(value: string): string {
  const [pair = '', ...attributes] = value.split(';');
  const name = pair.split('=', 1)[0] ?? '';
  // Browsers take a cookie without `=` for a value without a name.
  const shown = pair.endsWith('=') ? pair : pair.includes('=') ? `${name}=${REDACTED}` : REDACTED;
  return [shown, ...attributes].join(';');
}
