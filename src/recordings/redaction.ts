import { isUtf8 } from 'node:buffer';
import { redactedElements } from './redacted-elements.ts';
import { redactedJson } from './redacted-json.ts';
import { delimiterOf, redactedMultipart } from './redacted-multipart.ts';
import {
  REDACTED,
  redactedForm,
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

  /** An event of a stream (HTML §9.2.6): its lines of data are one text, each other line is one of its own. */
  event(event: string): string {
    // A key has several lines.
    const lines = withoutSecretTexts(event).split(LINE_END);
    const data = lines.flatMap(line => DATA.exec(line)?.[2] ?? []).join('\n');
    const clean = this.text(data);
    let isFirst = true;
    return lines.reduce((rest, line, i) => {
      // Every second one is what ends a line.
      if (i % 2 === 1) return rest;
      const end = lines[i + 1] ?? '';
      const field = DATA.exec(line)?.[1];
      if (field === undefined) return rest + this.#eventLine(line) + end;
      if (clean === data) return rest + line + end;
      if (!isFirst) return rest;
      isFirst = false;
      return rest + clean.replaceAll(/^/gm, field === 'data' ? 'data:' : field).replaceAll('\n', end || '\n') + end;
    }, '');
  }

  #eventLine(line: string): string {
    return line.replace(/^((?:[a-z]+:)? ?)(.*)$/, (_line, field: string, text: string) => field + this.text(text));
  }

  header(name: string, value: string): string {
    const lower = name.toLowerCase();
    if (lower === 'set-cookie') return redactedCookie(value);
    if (this.isSecret(lower) && !lower.startsWith(NO_SECRETS)) return REDACTED;
    return redactedJson(value, this.isSecret) ?? redactedProse(value, this.isSecret);
  }

  /** The bytes of a body by its media type. A body without a secret stays as it is, byte for byte. */
  body(bytes: Buffer, contentType: string): Buffer {
    const encoding = isUtf8(bytes) ? 'utf8' : 'latin1';
    const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    // Other bytes that are no text are a picture or an archive.
    if (encoding === 'latin1' && !TEXT_TYPE.test(type)) return bytes;
    const text = bytes.toString(encoding);
    const clean = this.#content(text, type, contentType);
    return clean === text ? bytes : Buffer.from(clean, encoding);
  }

  #content(text: string, type: string, contentType: string): string {
    if (type === 'application/x-www-form-urlencoded') return redactedForm(text, this.isSecret);
    if (type === 'multipart/form-data') return this.#multipart(text, contentType);
    const json = redactedJson(text, this.isSecret);
    if (json !== undefined) return json;
    // A value on each line has many media types.
    if (/^application\/.*json/.test(type)) return redactedMarkup(this.lines(text), this.isSecret);
    if (/[/+]xml$/.test(type)) return redactedMarkup(redactedElements(text, this.isSecret), this.isSecret);
    return PROSE_TYPE.test(type) ? redactedProse(text, this.isSecret) : redactedMarkup(text, this.isSecret);
  }

  /** A text with a value on each line. */
  lines(text: string): string {
    return withoutSecretTexts(text)
      .split('\n')
      .map(line => this.text(line))
      .join('\n');
  }

  #multipart(text: string, contentType: string): string {
    const delimiter = delimiterOf(text, contentType);
    const redacted = (content: string) => this.#content(content, 'text/plain', '');
    return delimiter === undefined ? redacted(text) : redactedMultipart(text, delimiter, this.isSecret, redacted);
  }
}

const LINE_END = /(\r\n|\n|\r)/;
const DATA = /^(data(?:: ?|$))(.*)$/;
/** Texts in an encoding other than UTF-8. Office documents have `openxml` in their types, and are archives. */
const TEXT_TYPE = /^text\/|^multipart\/|[/+-](?:json|xml|yaml)|ndjson|javascript|x-www-form/;
const PROSE_TYPE = /^(?:|text\/plain|.*[/+-]yaml)$/;

/** `Access-Control-Allow-Credentials` says nothing but true. */
const NO_SECRETS = 'access-control-';

/** RFC 6265 §4.1: the name and the attributes of a cookie stay. */
function redactedCookie(value: string): string {
  const [pair = '', ...attributes] = value.split(';');
  const equals = pair.indexOf('=');
  // Browsers take a cookie without `=` for a value without a name.
  const isEmpty = equals >= 0 && pair.slice(equals + 1).trim() === '';
  const shown = isEmpty ? pair : pair.slice(0, equals + 1) + REDACTED;
  return [shown, ...attributes].join(';');
}
