import type { HeaderList } from '../../core/headers/header-list.ts';
import { remember } from '../../core/remember.ts';

/** The request headers that an answer depends on, by its own Vary (RFC 9111 §4.1); in order. */
export function variantNames(headers: HeaderList): string[] {
  const names = new Set<string>();
  for (const line of headers.all('vary')) {
    for (const name of line.split(',')) if (name.trim() !== '') names.add(name.trim().toLowerCase());
  }
  // A backend that encodes without saying so would have its gzip served to whoever cannot read it.
  if (headers.has('content-encoding')) names.add('accept-encoding');
  return [...names].sort();
}

/** The values of the headers that tell variants apart, as one line. */
export function variantKey(names: readonly string[], headers: HeaderList): string {
  let key = '';
  for (const name of names) key += `${key === '' ? '' : '&'}${nameKey(name)}=${valueKey(name, headers)}`;
  return key;
}

const nameKey = remember(encodeURIComponent);

// A field that is not there differs from one that is empty (RFC 9111 §4.1: both must be absent).
function valueKey(name: string, headers: HeaderList): string {
  const value = headers.joined(name);
  return value === undefined ? '-' : (NORMALISERS.get(name) ?? asItIs)(value);
}

/** What is remembered of a value is what stands in the key. */
function normaliser(normal: (value: string) => string): (value: string) => string {
  return remember(value => `'${encodeURIComponent(normal(value))}`);
}

const asItIs = normaliser(value => value.trim());

// RFC 9111 §4.1: values may be normalised where their header's meaning allows it.
const NORMALISERS: ReadonlyMap<string, (value: string) => string> = new Map([
  ['accept', normaliser(spaceless)],
  ['accept-charset', normaliser(byPreference)],
  ['accept-encoding', normaliser(codings)],
  ['accept-language', normaliser(byPreference)],
]);

function spaceless(value: string): string {
  return value.toLowerCase().replaceAll(/\s+/g, '');
}

const CODINGS = ['br', 'gzip', 'zstd', 'deflate', 'compress'] as const;

/** Which codings a client can read, and nothing else: browsers write the same in many ways. */
function codings(value: string): string {
  const accepted = ranked(value);
  const any = accepted.get('*') ?? 0;
  const readable: string[] = CODINGS.filter(coding => (accepted.get(coding) ?? accepted.get(`x-${coding}`) ?? any) > 0);
  if ((accepted.get('identity') ?? 1) === 0) readable.push('!identity');
  return readable.join();
}

/** Case and spaces mean nothing in these lists, nor does the order they are written in, only their weights do. */
function byPreference(value: string): string {
  return [...ranked(value)]
    .map(([name, q]) => ({ name, q }))
    .sort((a, b) => b.q - a.q || (a.name < b.name ? -1 : 1))
    .map(({ name, q }) => `${name};${q}`)
    .join();
}

function ranked(value: string): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const member of value.toLowerCase().split(',')) {
    const [name = '', ...parameters] = member.split(';').map(part => part.trim());
    if (name !== '' && !ranks.has(name)) ranks.set(name, quality(parameters));
  }
  return ranks;
}

// RFC 9110 §12.4.2: from 0 to 1, 1 where nothing is said.
function quality(parameters: readonly string[]): number {
  const written = parameters.find(parameter => parameter.startsWith('q='))?.slice(2);
  const q = written === undefined ? 1 : Number(written);
  return q >= 0 && q <= 1 ? q : 1;
}
