import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow } from '../support/files-below.ts';
import { ROOT } from './pages.ts';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

async function codesInSource(pattern: RegExp): Promise<readonly string[]> {
  const files = (await filesBelow(join(ROOT, 'src'))).filter(file => file.endsWith('.ts'));
  const texts = await Promise.all(files.map(file => read(`src/${file}`)));
  return [...new Set(texts.flatMap(text => [...text.matchAll(pattern)].map(([, code = '']) => code)))];
}

/** The names of all properties of a schema, including nested schemas. */
function namesIn(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = 'properties' in schema ? Object.keys(Object(schema.properties)) : [];
  return [...own, ...Object.values(schema).flatMap(namesIn)];
}

// reference.test.ts compares the generated tables; these tests are independent of the generator.
describe('the reference pages', () => {
  it('have a row, with an anchor, for each code in the source', async () => {
    const page = await read('docs/errors.md');
    const anchors = new Set([...page.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    const problems = await codesInSource(/'(P\d{3})'/g);
    const failures = await codesInSource(/GatewayError\(\s*'([a-z_]+\.[a-z_]+)'/g);
    expect([problems.length > 30, failures.length > 20]).toEqual([true, true]);
    const missing = [...problems, ...failures].filter(
      code => !anchors.has(code.toLowerCase().replaceAll('.', '-')) || !page.includes(`\`${code}\``),
    );
    expect(missing).toEqual([]);
  });

  it('have a row for each option of the schemas', async () => {
    const page = await read('docs/configuration.md');
    const schemas = (await readdir(join(ROOT, 'schemas/portico'))).map(file => `schemas/portico/${file}`);
    const names = await Promise.all(schemas.map(async path => namesIn(JSON.parse(await read(path)))));
    // A call is made by a service and never written by hand; these are its fields.
    const options = new Set(names.flat()).difference(new Set(['service', 'pattern']));
    expect(options.size).toBeGreaterThan(100);
    expect([...options].filter(name => !new RegExp(`^\\| .*\`(?:.+\\.)?${name}\``, 'm').test(page))).toEqual([]);
  });
});

it('docs/metrics.md lists every message of the log', async () => {
  const source = await read('src/telemetry/log.ts');
  const logged = [...source.matchAll(/\.(?:info|warn|error)\([^;]*?'([^']+)'\);/g)].map(([, message]) => message);
  const chosen = [...source.matchAll(/(?:\? |: )'([a-z][^']+ [^']+)'/g)].map(([, message]) => message);
  const messages = [...new Set([...logged, ...chosen])];
  expect(messages.length).toBeGreaterThan(10);
  const page = await read('docs/metrics.md');
  expect(messages.filter(message => !page.includes(`\`${message}\``))).toEqual([]);
});
