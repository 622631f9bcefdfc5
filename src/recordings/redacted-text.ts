import type { IsSecretName } from './secret-names.ts';

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

/** `name: "value"` and `name="value"`, as in JSON, code and markup; a quoted name counts, too. */
const QUOTED: readonly RegExp[] = [
  /(?<![\w.$-])([\w.$-]+)(["']?\s*[:=]\s*)(")((?:[^"\\\n]|\\.)+)"/g,
  /(?<![\w.$-])([\w.$-]+)(["']?\s*[:=]\s*)(')((?:[^'\\\n]|\\.)+)'/g,
  // JSON within a text of code.
  /(?<![\w.$-])([\w.$-]+)(\\"\s*:\s*)(\\")((?:[^"\\\n]|\\[^"])+)\\"/g,
];
/** `?name=value`, `&name=value` and `#name=value` of an address. */
const PARAMETER = /(^|[?&#]|&amp;)([\w.%[\]-]+)=([^&\s"'<>#]+)/g;
/** `name=value` and `name: value` in a text for people. */
const BARE = /(?<![\w.$-])([\w.$-]+)([ \t]*[:=][ \t]*)(?!["'])(?:(?:Bearer|Basic)[ \t]+)?([^\s,;"'<>&{}[\]]+)/g;
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
  return unquoted
    .replace(FORM_FIELD, tag => redactedFormField(tag, isSecret))
    .replace(PARAMETER, (whole, before: string, name: string) =>
      isSecret(decoded(name)) ? `${before}${name}=${REDACTED}` : whole,
    );
}

function quoted(isSecret: IsSecretName): (...match: string[]) => string {
  return (whole = '', name = '', between = '', quote = '') =>
    isSecret(name) ? `${name}${between}${quote}${REDACTED}${quote}` : whole;
}

/** A text for people or a log: values with a secret's name are replaced without quotes, too. */
export function redactedProse(text: string, isSecret: IsSecretName): string {
  return redactedMarkup(text, isSecret).replace(BARE, (whole, name: string, between: string) =>
    isSecret(name) ? `${name}${between}${REDACTED}` : whole,
  );
}

/** An encoded path. */
export function redactedPath(path: string, isSecret: IsSecretName): string {
  const segments = path.split('/');
  const clean = segments.map((segment, i) => {
    const isNamed = RANDOM.test(segment) && isSecret(decoded(segments[i - 1] ?? ''));
    return isNamed ? REDACTED : redactedSegment(segment, isSecret);
  });
  return clean.join('/');
}

/** What may be a token behind `/reset-password/`; a shorter segment is the number of one. */
const RANDOM = /^[\w.~%-]{16,}$/;

function redactedSegment(segment: string, isSecret: IsSecretName): string {
  const named = segment.replace(PATH_PARAMETER, (whole, before: string, name: string) =>
    isSecret(decoded(name)) ? `${before}${name}=${REDACTED}` : whole,
  );
  return replacedDecoded(named, withoutSecretTexts);
}

/** An encoded query with its question mark; '' for none. Also the content of a form, without one. */
export function redactedQuery(query: string, isSecret: IsSecretName): string {
  const mark = query.startsWith('?') ? '?' : '';
  const pairs = query
    .slice(mark.length)
    .split('&')
    .map(pair => {
      const equals = pair.indexOf('=');
      const [name, value] = equals < 0 ? ['', pair] : [pair.slice(0, equals), pair.slice(equals + 1)];
      if (value === '') return pair;
      const shown = isSecret(decoded(name))
        ? REDACTED
        : replacedDecoded(value.replaceAll('+', '%20'), text => redactedMarkup(text, isSecret), value);
      return equals < 0 ? shown : `${replacedDecoded(name, withoutSecretTexts)}=${shown}`;
    });
  return mark + pairs.join('&');
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
    return text;
  }
}
