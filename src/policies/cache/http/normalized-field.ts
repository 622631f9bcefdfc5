import { memoize } from '../../../core/memoize.ts';

// RFC 9111 §4.1: values of request fields may be normalized where their grammar allows it. The normal form is part of
// the key and is sent to the backend in place of the client's value, so a stored response was made for exactly the
// value in its key. An invalid value is unchanged, because a backend may interpret it in any way.

/** The normal form of a request field in keys and backend requests. Normalization is idempotent. */
export function normalField(name: string, value: string): string {
  return (NORMALISERS.get(name) ?? listed)(value);
}

/** Whether a value means the same as an absent field: anything is acceptable (RFC 9110 §12.5.1 and §12.5.4). */
export function isAnything(name: string, value: string): boolean {
  return ANYTHING.get(name) === value;
}

const ANYTHING: ReadonlyMap<string, string> = new Map([
  ['accept', '*/*'],
  ['accept-charset', '*'],
  ['accept-language', '*'],
]);

// RFC 9110 §5.6.2 and §12.4.2.
const TOKEN = String.raw`[!#$%&'*+\-.^_\`|~\dA-Za-z]+`;
const WEIGHT = /^[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

interface Ranked {
  readonly name: string;
  readonly q: number;
}

/** The members of a weighted list; undefined if one of them is invalid. */
function ranked(value: string, member: RegExp): Ranked[] | undefined {
  const ranks: Ranked[] = [];
  for (const part of value.split(',')) {
    const [name = '', weight, ...more] = part.split(';').map(piece => piece.trim());
    // RFC 9110 §5.6.1.2: empty list elements are ignored.
    if (name === '' && weight === undefined) continue;
    const q = weight === undefined ? '1' : WEIGHT.exec(weight)?.[1];
    if (!member.test(name) || q === undefined || more.length > 0) return undefined;
    ranks.push({ name, q: Number(q) });
  }
  return ranks;
}

/**
 * In descending order of weight; equal weights keep their order, because many backends use the first one (RFC 9110
 * §12.5.4).
 */
function byPreference(member: RegExp, name: (written: string) => string): (value: string) => string {
  return value => {
    const ranks = ranked(value, member);
    if (ranks === undefined) return value.trim();
    const sorted = ranks.toSorted((a, b) => b.q - a.q);
    return sorted.map(each => (each.q === 1 ? name(each.name) : `${name(each.name)};q=${each.q}`)).join(', ');
  };
}

// RFC 5646 §2.1.1: case has no meaning; this form, which browsers use, also suits a case-sensitive backend.
function languageTag(tag: string): string {
  const [language = '', ...subtags] = tag.toLowerCase().split('-');
  const cased = subtags.map((subtag, i) => {
    if (subtags.slice(0, i).some(each => each.length === 1)) return subtag;
    if (subtag.length === 2) return subtag.toUpperCase();
    return subtag.length === 4 ? subtag.charAt(0).toUpperCase() + subtag.slice(1) : subtag;
  });
  return [language, ...cased].join('-');
}

const ENCODINGS = ['br', 'gzip', 'zstd', 'deflate', 'compress'] as const;
const ENCODING = new RegExp(`^${TOKEN}$`);

/** The content encodings that a client accepts, in one spelling, since browsers write the same set differently. */
function encodings(value: string): string {
  const ranks = ranked(value.toLowerCase(), ENCODING);
  if (ranks === undefined) return value.trim();
  const accepted = new Map(ranks.map(({ name, q }) => [name, q]));
  const any = accepted.get('*') ?? 0;
  const readable: string[] = ENCODINGS.filter(
    encoding => (accepted.get(encoding) ?? accepted.get(`x-${encoding}`) ?? any) > 0,
  );
  const plain = accepted.get('identity') ?? 1;
  return [...readable, plain === 0 ? 'identity;q=0' : 'identity'].join(', ');
}

const RANGE = new RegExp(String.raw`^(${TOKEN}/${TOKEN})((?:[ \t]*;[ \t]*${TOKEN}=${TOKEN})*)$`);

/** Media ranges in their order, without spaces and with lower-case types; parameter values may be case-sensitive. */
function mediaRanges(value: string): string {
  const members = value.split(',').map(member => member.trim());
  const normal = members
    .filter(member => member !== '')
    .map(member => {
      const [, type, parameters = ''] = RANGE.exec(member) ?? [];
      return type === undefined ? undefined : type.toLowerCase() + parameters.replaceAll(/[ \t]/g, '');
    });
  return normal.includes(undefined) ? value.trim() : normal.join(', ');
}

const PIECES = /"(?:[^"\\]|\\.)*"|[^",]+|,/g;

/** Any list: spaces around commas have no meaning (RFC 9110 §5.6.1), those in quotes do. */
function listed(value: string): string {
  if (!value.includes(',') || !isBalanced(value)) return value.trim();
  const members: string[] = [''];
  for (const [piece] of value.matchAll(PIECES)) {
    if (piece === ',') members.push('');
    else members.push(`${members.pop() ?? ''}${piece}`);
  }
  return members.map(member => member.trim()).join(', ');
}

function isBalanced(value: string): boolean {
  return !value.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').includes('"');
}

const LANGUAGE = /^(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)$/;
const CHARSET = new RegExp(`^${TOKEN}$`);

const NORMALISERS: ReadonlyMap<string, (value: string) => string> = new Map([
  ['accept', memoize(mediaRanges)],
  ['accept-charset', memoize(byPreference(CHARSET, charset => charset.toLowerCase()))],
  ['accept-encoding', memoize(encodings)],
  ['accept-language', memoize(byPreference(LANGUAGE, languageTag))],
  // RFC 6265 §5.4 and RFC 9110 §11.6.2: these are no lists and must not be changed.
  ['cookie', value => value],
  ['authorization', value => value],
]);
