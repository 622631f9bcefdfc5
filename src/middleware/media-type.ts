/** A media type that a body may have where it is read. */
export interface MediaType {
  readonly kind: 'json' | 'form';
  readonly text: string;
}

// RFC 9110 §8.3.1 and §5.6.6.
const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
const TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*`);
const PARAMETER = new RegExp(`;[ \\t]*(?:(${TOKEN})=("(?:[^"\\\\]|\\\\.)*"|${TOKEN}))?[ \\t]*`, 'y');
const UTF_8 = /^"?utf-8"?$/i;

const FORMS: ReadonlySet<string> = new Set(['application/x-www-form-urlencoded', 'multipart/form-data']);

/**
 * Undefined for any other type, and for another charset than UTF-8: at most one is named, with the one value of JSON
 * (RFC 8259 §8.1).
 */
export function mediaTypeOf(text: string): MediaType | undefined {
  const [head = '', name = ''] = TYPE.exec(text) ?? [];
  const kind = kindOf(name.toLowerCase());
  const charsets = charsetsIn(text, head.length);
  if (kind === undefined || charsets === undefined) return undefined;
  return charsets.length <= 1 && charsets.every(charset => UTF_8.test(charset)) ? { kind, text } : undefined;
}

function kindOf(name: string): MediaType['kind'] | undefined {
  if (name === 'application/json' || name.endsWith('+json')) return 'json';
  return FORMS.has(name) ? 'form' : undefined;
}

/** Undefined for malformed parameters, and for two boundaries: readers differ in which of them counts. */
function charsetsIn(text: string, start: number): readonly string[] | undefined {
  const charsets: string[] = [];
  let boundaries = 0;
  for (let at = start; at < text.length; ) {
    PARAMETER.lastIndex = at;
    const parameter = PARAMETER.exec(text);
    if (parameter === null) return undefined;
    const [written, name, value = ''] = parameter;
    const lower = name?.toLowerCase() ?? '';
    if (lower === 'charset') charsets.push(value);
    if (lower === 'boundary' && ++boundaries > 1) return undefined;
    at += written.length;
  }
  return charsets;
}
