import { type IsSecretName, isSecretParameter, isSecretSegment } from './secret-names.ts';

/** Takes the place of a secret. It is a valid token, cookie value, path segment and text. */
export const REDACTED = 'redacted';

/** Texts that are secrets wherever they stand; what is in `$1` stays. */
const SECRET_TEXTS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // A JSON Web Token, signed (RFC 7515 §3.1) or encrypted (RFC 7516 §3.1): its header is an object in base64url.
  [/(?<![\w-])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, REDACTED],
  // RFC 6750 §2.1, RFC 7617 §2.
  [/\b([Bb]earer\s+)[\w.~+/-]{8,}=*/g, `$1${REDACTED}`],
  [/\b(Basic\s+)(?=[A-Za-z]*(?:[0-9=+/]|[a-z][A-Z]))[A-Za-z0-9+/]{8,}=*/g, `$1${REDACTED}`],
  // RFC 3986 §3.2.1: a password in front of a host.
  [/(:\/\/)[^\s/@:"'<>]+:[^\s/@"'<>]+@/g, `$1${REDACTED}@`],
  // Keys of well-known services have a fixed beginning, so that they can be found.
  [/\b(?:sk|pk|rk)_(?:live|test)_\w{8,}/g, REDACTED],
  [/\bgh[opsur]_\w{20,}/g, REDACTED],
  [/\bxox[abprs]-[\w-]{10,}/g, REDACTED],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, REDACTED],
  [/\bAIza[\w-]{35}/g, REDACTED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----)[\s\S])*(?:-----END [A-Z ]*PRIVATE KEY-----)?/g, REDACTED],
];

/** What stands in front of a value with its name as the second group, and the value. */
interface NamedValue {
  readonly name: RegExp;
  readonly value: RegExp;
}

/** `name: "value"` and `name="value"`, as in JSON, code and markup; a quoted name counts, too. */
const QUOTED: readonly RegExp[] = [
  /(?<![\w.$-])([\w.$-]+)(["']?\s*[:=]\s*)(")((?:[^"\\\n]|\\.)+)"/g,
  /(?<![\w.$-])([\w.$-]+)(["']?\s*[:=]\s*)(')((?:[^'\\\n]|\\.)+)'/g,
  // JSON within a text of code.
  /(?<![\w.$-])([\w.$-]+)(\\"\s*:\s*)(\\")((?:[^"\\\n]|\\[^"])+)\\"/g,
];
/** `?name=value`, `&name=value` and `#name=value` of an address. */
const PARAMETER: NamedValue = { name: /(^|[?&#]|&amp;)([\w.%[\]-]+)=/g, value: /[^&\s"'<>#]+/y };
/** `name=value` and `name: value` in a text for people. */
const BARE: NamedValue = {
  name: /(?<![\w.$-])()([\w.$-]+)[ \t]*[:=][ \t]*(?!["'])/g,
  value: /(?:(?:Bearer|Basic)[ \t]+)?[^\s,;"'<>&{}[\]]+/y,
};
/** `Authorization: scheme credentials` (RFC 9110 §11.6.2), to the end of its line or of the quotes around it. */
const CREDENTIALS =
  /(?<![\w.$-])([\w.$-]*authorization[ \t]*[:=][ \t]*)(?:[^\s"'<>\\]|=")(?:="[^"\r\n]*"|[^\r\n"'<>\\])*/gi;
/** `;name=value` in a path (RFC 3986 §3.3). */
const PATH_PARAMETER = /(;)([\w.%-]+)=([^;/]+)/g;
const FORM_FIELD = /<(?:input|meta)\b[^<>]*>/gi;
const FIELD_NAME = /\b(?:name|id|property)\s*=\s*["']?([\w.-]+)/i;
const FIELD_VALUE = /\b(value|content)(\s*=\s*)("[^"]*"|'[^']*'|[^\s>]+)/gi;

/** Without what is a secret by itself. */
export function withoutSecretTexts(text: string): string {
  return SECRET_TEXTS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/** A text of code, markup or data: values with a secret's name are replaced where they are quoted. */
export function redactedMarkup(text: string, isSecret: IsSecretName): string {
  const unquoted = QUOTED.reduce((rest, pattern) => rest.replace(pattern, quoted(isSecret)), withoutSecretTexts(text));
  const fields = unquoted.replace(FORM_FIELD, tag => redactedFormField(tag, isSecret));
  return redactedValues(fields, PARAMETER, (name, before, rest) => {
    const known = decoded(name);
    return isSecret(known) || (before !== '' && isSecretParameter(known, /^[^&\s"'<>#]*/.exec(rest)?.[0] ?? ''));
  });
}

/** Characters of a value that show whether it is random. */
const MAX_LOOKED_AT = 64;

/** A value that is no secret is searched itself: `failed: password=...`. */
function redactedValues(
  text: string,
  { name, value }: NamedValue,
  isSecret: (name: string, before: string, rest: string) => boolean,
): string {
  const parts: string[] = [];
  let done = 0;
  for (const match of text.matchAll(name)) {
    const start = match.index + match[0].length;
    const { 1: before = '', 2: known = '' } = match;
    // With the whole rest, a text of names alone would take quadratic time.
    if (match.index < done || !isSecret(known, before, text.slice(start, start + MAX_LOOKED_AT))) continue;
    value.lastIndex = start;
    const found = value.exec(text)?.[0];
    if (found === undefined) continue;
    parts.push(text.slice(done, start), REDACTED);
    done = start + found.length;
  }
  return parts.join('') + text.slice(done);
}

function quoted(isSecret: IsSecretName): (...match: string[]) => string {
  return (whole = '', name = '', between = '', quote = '') =>
    isSecret(name) ? `${name}${between}${quote}${REDACTED}${quote}` : whole;
}

/** A text for people or a log: values with a secret's name are replaced without quotes, too. */
export function redactedProse(text: string, isSecret: IsSecretName): string {
  const known = redactedMarkup(text, isSecret).replace(CREDENTIALS, `$1${REDACTED}`);
  return redactedValues(known, BARE, isSecret);
}

/** An encoded path. */
export function redactedPath(path: string, isSecret: IsSecretName): string {
  const segments = path.split('/');
  const clean = segments.map((segment, i) => {
    const before = decoded(segments[i - 1] ?? '');
    const [own = '', ...parameters] = segment.split(';');
    const isNamed = RANDOM.test(own) && (isSecret(before) || isSecretSegment(before, own));
    return redactedSegment(isNamed ? [REDACTED, ...parameters].join(';') : segment, isSecret);
  });
  return clean.join('/');
}

/** What may be a token behind `/reset-password/` (RFC 3986 §3.3); a shorter segment is the number of one. */
const RANDOM = /^[\w.~%:@!$&'()*+,=-]{16,}$/;

function redactedSegment(segment: string, isSecret: IsSecretName): string {
  const named = segment.replace(PATH_PARAMETER, (whole, before: string, name: string) =>
    isSecret(decoded(name)) ? `${before}${name}=${REDACTED}` : whole,
  );
  return replacedDecoded(named, withoutSecretTexts);
}

/** An encoded query with its question mark; '' for none. */
export function redactedQuery(query: string, isSecret: IsSecretName): string {
  const mark = query.startsWith('?') ? '?' : '';
  return mark + redactedPairs(query.slice(mark.length), isSecret, isSecretParameter);
}

/** The content of a form. */
export function redactedForm(text: string, isSecret: IsSecretName): string {
  return redactedPairs(text, isSecret, () => false);
}

/** Old programs separate pairs by `;`. */
const PAIR_END = /([&;])/;

function redactedPairs(text: string, isSecret: IsSecretName, isSecretValue: typeof isSecretParameter): string {
  const parts = text.split(PAIR_END);
  let clean = '';
  let wasSecret = false;
  for (let i = 0; i < parts.length; i += 2) {
    const pair = parts[i] ?? '';
    const separator = parts[i - 1] ?? '';
    const equals = pair.indexOf('=');
    // Then the `;` belongs to the value before it.
    if (separator === ';' && wasSecret && equals < 0) continue;
    const [name, value] = equals < 0 ? ['', pair] : [pair.slice(0, equals), pair.slice(equals + 1)];
    const known = decoded(name);
    wasSecret = value !== '' && (isSecret(known) || isSecretValue(known, value));
    clean +=
      separator +
      (value === '' ? pair : redactedPair(name, wasSecret ? REDACTED : cleanValue(value, isSecret), equals < 0));
  }
  return clean;
}

function redactedPair(name: string, value: string, isNameless: boolean): string {
  return isNameless ? value : `${replacedDecoded(name, withoutSecretTexts)}=${value}`;
}

function cleanValue(value: string, isSecret: IsSecretName): string {
  return replacedDecoded(value.replaceAll('+', '%20'), text => redactedMarkup(text, isSecret), value);
}

/** Looks at the decoded text, and encodes it again only if it has changed. */
function replacedDecoded(encoded: string, replace: (text: string) => string, unchanged = encoded): string {
  const text = decoded(encoded);
  const replaced = replace(text);
  return replaced === text ? unchanged : encodeURIComponent(replaced);
}

function redactedFormField(tag: string, isSecret: IsSecretName): string {
  const name = FIELD_NAME.exec(tag)?.[1];
  if (name === undefined || !isSecret(name)) return tag;
  return tag.replace(FIELD_VALUE, (_whole, attribute: string, equals: string) => `${attribute}${equals}"${REDACTED}"`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // One broken escape must not hide a name.
    return text.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent);
  }
}
