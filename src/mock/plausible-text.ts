import type { SeededRandom } from './random.ts';

const NAMES = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Katherine Johnson', 'Tim Berners-Lee', 'Radia Perlman'];
const THINGS = ['Oak table', 'Linen lamp', 'Reading chair', 'Wool blanket', 'Tall shelf', 'Walnut desk'];
const CITIES = ['Berlin', 'Lisbon', 'Oslo', 'Vienna', 'Toronto', 'Kyoto'];
const SENTENCES = [
  'Made by hand, and made to last.',
  'It looks good in every room.',
  'Nobody has complained so far.',
  'There are only a few left.',
];
const WORDS = ['alpha', 'bravo', 'delta', 'echo', 'lima', 'oscar', 'sierra', 'tango'];

type TextMaker = (random: SeededRandom) => string;

const days = (random: SeededRandom): Date => new Date(Date.UTC(2024, 0, 1) + random.between(0, 700) * 86_400_000);
const host: TextMaker = random => `${random.pick(WORDS)}.example`;
const email: TextMaker = random => `${random.pick(WORDS)}.${random.between(1, 99)}@shop.example`;
const uri: TextMaker = random => `https://shop.example/${random.pick(WORDS)}/${random.between(1, 999)}`;
const ipv4: TextMaker = random => `192.0.2.${random.between(1, 254)}`;
const ipv6: TextMaker = random => `2001:db8::${random.hex(4)}`;
const uuid: TextMaker = random =>
  `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${random.pick(['8', '9', 'a', 'b'])}${random.hex(3)}-${random.hex(12)}`;
const time: TextMaker = random => {
  const parts = [random.between(0, 23), random.between(0, 59), random.between(0, 59)];
  return `${parts.map(part => String(part).padStart(2, '0')).join(':')}Z`;
};

/** The formats of JSON Schema and OpenAPI. The domains and addresses are those for documentation (RFC 2606, 5737). */
const FORMATS: Readonly<Record<string, TextMaker>> = {
  'date-time': random => `${days(random).toISOString().slice(0, 10)}T${time(random)}`,
  'iso-date-time': random => `${days(random).toISOString().slice(0, 10)}T${time(random)}`,
  date: random => days(random).toISOString().slice(0, 10),
  time,
  'iso-time': time,
  duration: random => `P${random.between(1, 30)}D`,
  email,
  'idn-email': email,
  hostname: host,
  'idn-hostname': host,
  ipv4,
  ipv6,
  uri,
  url: uri,
  iri: uri,
  'uri-reference': random => `/${random.pick(WORDS)}/${random.between(1, 999)}`,
  'iri-reference': random => `/${random.pick(WORDS)}/${random.between(1, 999)}`,
  'uri-template': random => `/${random.pick(WORDS)}/{id}`,
  uuid,
  'json-pointer': random => `/${random.pick(WORDS)}`,
  'relative-json-pointer': random => `1/${random.pick(WORDS)}`,
  regex: random => `^${random.pick(WORDS)}$`,
  byte: random => Buffer.from(random.pick(WORDS)).toString('base64'),
};

/** By the name of a property, the first that fits. */
const BY_NAME: readonly (readonly [name: RegExp, make: TextMaker])[] = [
  [/e-?mail/i, email],
  [/(?:image|picture|photo|thumbnail|avatar|cover)/i, random => `/images/${random.pick(WORDS)}.webp`],
  [/(?:url|link|href|website)$/i, uri],
  [/(?:title|product|item)(?:Name)?$/i, random => random.pick(THINGS)],
  [/name$|author|seller|owner/i, random => random.pick(NAMES)],
  [/city|town/i, random => random.pick(CITIES)],
  [/country/i, random => random.pick(['DE', 'FR', 'JP', 'CA'])],
  [/currency/i, random => random.pick(['EUR', 'USD', 'JPY'])],
  [/phone/i, random => `+1 202 555 01${String(random.between(0, 99)).padStart(2, '0')}`],
  [/description|text|comment|note|summary|message/i, random => random.pick(SENTENCES)],
  [/slug|handle|sku|code|key/i, random => `${random.pick(WORDS)}-${random.between(1, 99)}`],
  [/(?:^|[a-z_-])id$/i, random => random.hex(8)],
];

/** Undefined for an unknown format. */
export function textOfFormat(format: string, random: SeededRandom): string | undefined {
  return FORMATS[format]?.(random);
}

export function textByName(name: string, random: SeededRandom): string {
  const [, make] = BY_NAME.find(([pattern]) => pattern.test(name)) ?? [];
  return make?.(random) ?? `${random.pick(WORDS)} ${random.pick(WORDS)}`;
}

/** A range in which a number of this name is plausible. */
export function rangeByName(name: string): readonly [number, number] {
  if (/price|amount|total|sum|cost/i.test(name)) return [1, 500];
  if (/year|born/i.test(name)) return [1950, 2025];
  if (/rating|stars|score/i.test(name)) return [1, 5];
  if (/percent|share/i.test(name)) return [0, 100];
  if (/qty|quantity|count|size|page/i.test(name)) return [1, 20];
  if (/^lat/i.test(name)) return [-90, 90];
  return [1, 1000];
}
