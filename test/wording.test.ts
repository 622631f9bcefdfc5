import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesBelow } from './support/files-below.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_COLUMNS = 120;

/** Words that docs/GLOSSARY.md replaces, found alone and inside camelCase names. */
const BANNED = [
  'machine',
  'question',
  'asked',
  'told',
  'whoever',
  'door',
  'coding',
  'learnt',
  'misfit',
  'narrator',
  'fleet',
  'staticise',
  'lookout',
  'sighting',
  'telltale',
  'by chance',
  'set aside',
];

/** Exceptions: old names that are reported, and terms of an RFC. */
const ALLOWED: readonly (readonly [file: RegExp, text: RegExp])[] = [
  [/^src\/config-loader\/renamed-options\.ts$/, /staticise/],
  [/./, /transfer.codings?/i],
  [/./, /front door/],
  [/./, /question marks?/],
  [/\.md$/, /\]\([^)]*\)/],
  [/^src\/http\/request-head\.ts$/, /'coding'/],
];

const CAPITALIZED = BANNED.map(word => `${word[0]?.toUpperCase()}${word.slice(1)}`);

const FORMS = [...BANNED, ...CAPITALIZED, ...BANNED.map(word => word.toUpperCase())];

/** Matches a word in any case, and a part of a name: knownMachine, machineOf, KNOWN_MACHINES. */
const WORDS = new RegExp(
  [`(?<![A-Za-z])(?:${FORMS.join('|')})[sS]?(?![a-z])`, `(?<=[a-z])(?:${CAPITALIZED.join('|')})s?(?![a-z])`].join('|'),
  'g',
);

function bannedWordsIn(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, i) => {
    const allowed = ALLOWED.filter(([files]) => files.test(file)).reduce(
      (rest, [, words]) => rest.replaceAll(new RegExp(words, `${words.flags}g`), ''),
      line,
    );
    return [...allowed.matchAll(WORDS)].map(([word]) => `${file}:${i + 1} ${word}`);
  });
}

type Sources = readonly (readonly [file: string, text: string])[];

async function sources(): Promise<Sources> {
  return read((await filesBelow(join(ROOT, 'src'))).map(file => `src/${file}`));
}

/** Decisions keep the words of their time. */
async function pages(): Promise<Sources> {
  const docs = (await filesBelow(join(ROOT, 'docs'))).filter(
    file => /^[^/.]+\.md$/.test(file) && file !== 'GLOSSARY.md',
  );
  return read(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.map(file => `docs/${file}`)]);
}

function read(files: readonly string[]): Promise<Sources> {
  return Promise.all(files.map(async file => [file, await readFile(join(ROOT, file), 'utf8')] as const));
}

describe('the words of sources and pages', () => {
  it('are those of the field', async () => {
    expect([...(await sources()), ...(await pages())].flatMap(([file, text]) => bannedWordsIn(file, text))).toEqual([]);
  });

  it.each([
    ['a comment', '// The machines of a service', 'machines'],
    ['a name', 'const machineOf = 1;', 'machine'],
    ['the end of a name', 'class KnownMachine {}', 'Machine'],
    ['a constant', 'const MOST_MACHINES = 1;', 'MACHINES'],
    ['two words', '// at most by chance', 'by chance'],
  ])('are found in %s', (_where, text, word) => {
    expect(bannedWordsIn('src/a.ts', text)).toEqual([`src/a.ts:1 ${word}`]);
  });

  it('are not found inside other words', () => {
    expect(bannedWordsIn('src/a.ts', 'import { outdoors, decoding, tasked } from "a";')).toEqual([]);
  });

  it('name each type once', async () => {
    const names = (await sources()).flatMap(([file, text]) =>
      [...text.matchAll(/^(?:export )?(?:abstract )?(?:class|interface|type) (\w+)/gm)].map(([, name = '']) => [
        name,
        file,
      ]),
    );
    const byName = Map.groupBy(names, ([name]) => name);
    expect([...byName.values()].filter(({ length }) => length > 1)).toEqual([]);
  });

  it('are in comments of at most 120 columns', async () => {
    const long = (await sources()).flatMap(([file, text]) =>
      text.split('\n').flatMap((line, i) => {
        const isComment = /^\s*(?:\/\/|\/?\*)/.test(line);
        return isComment && [...line].length > MAX_COLUMNS ? [`${file}:${i + 1}`] : [];
      }),
    );
    expect(long).toEqual([]);
  });
});
