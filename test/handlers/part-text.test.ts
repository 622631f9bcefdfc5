import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const TEXT = JSON.stringify({ name: 'Käse', price: 3 });

/** The result of an aggregate for a part with this response. */
async function partOf(headers: Record<string, string>, body: Buffer, cache = '', limits = '') {
  let asked = 0;
  const { url } = await backend((_req, res) => {
    asked++;
    res.writeHead(200, { 'Content-Type': 'application/json', ...headers }).end(body);
  });
  const made = await gateway({
    'services.ts': `import { defineService } from 'portico';
      export const s = defineService('s', { targets: ['${url}'] });\n`,
    'portico.config.ts': `import { defineGateway } from 'portico';\nexport default defineGateway({ ${limits} });\n`,
    'routes/a.get.ts': `import { defineRoute, type } from 'portico';
      import { s } from '#services';
      export default defineRoute({
      aggregate: { one: { from: s\`/one\`, response: type<{ name: string }>()${cache} } },
        reply: ({ one }) => one });\n`,
  });
  const read = async () => {
    const response = await fetch(`${made.url}/a`);
    return { status: response.status, value: JSON.parse((await response.text()) || 'null'), asked };
  };
  return { read };
}

describe('a part', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['identity', (bytes: Buffer) => bytes],
    ['gzip, br', (bytes: Buffer) => brotliCompressSync(gzipSync(bytes))],
    ['deflate', deflateRawSync],
  ])('is decoded if it comes encoded unasked, also from a cache: %s', async (encoding, encode) => {
    const { read } = await partOf(
      { 'Content-Encoding': encoding },
      encode(Buffer.from(TEXT)),
      `, cache: { ttl: '1m' }`,
    );
    for (let i = 0; i < 2; i++)
      expect(await read()).toEqual({ status: 200, value: { name: 'Käse', price: 3 }, asked: 1 });
  });

  it.each([
    ['a byte order mark', {}, Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16 with a byte order mark', {}, Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['Latin-1', { 'Content-Type': 'application/json; charset=ISO-8859-1' }, Buffer.from(TEXT, 'latin1')],
    ['UTF-16', { 'Content-Type': 'application/json;charset="utf-16le"' }, Buffer.from(TEXT, 'utf16le')],
    [
      'a byte order mark that contradicts the charset',
      { 'Content-Type': 'application/json; charset=latin1' },
      Buffer.from(`\ufeff${TEXT}`),
    ],
  ])('is decoded from its own charset: %s', async (_what, headers, body) => {
    expect(await (await partOf(headers, body)).read()).toMatchObject({ status: 200, value: { name: 'Käse' } });
  });

  it.each([
    ['an unknown charset', { 'Content-Type': 'application/json; charset=klingon' }, Buffer.from(TEXT)],
    ['invalid UTF-8', {}, Buffer.from(TEXT, 'latin1')],
    ['an unknown content encoding', { 'Content-Encoding': 'rot13' }, Buffer.from(TEXT)],
    ['a wrong content encoding', { 'Content-Encoding': 'gzip' }, Buffer.from(TEXT)],
    ['a truncated encoded body', { 'Content-Encoding': 'br' }, brotliCompressSync(Buffer.from(TEXT)).subarray(0, 12)],
  ])('fails with a clear error: %s', async (_what, headers, body) => {
    expect(await (await partOf(headers, body)).read()).toMatchObject({
      status: 502,
      value: { code: 'upstream.invalid' },
    });
  });

  it('may be empty with any Content-Encoding', async () => {
    const { read } = await partOf({ 'Content-Encoding': 'gzip' }, Buffer.alloc(0), `, optional: true`);
    expect((await read()).status).toBe(204);
  });

  it('has at most the limit of decoded bytes', async () => {
    const bomb = gzipSync(Buffer.from(JSON.stringify({ name: 'x'.repeat(12_000_000) })));
    const { read } = await partOf({ 'Content-Encoding': 'gzip' }, bomb);
    expect(await read()).toMatchObject({ status: 502, value: { code: 'upstream.too_large' } });
  });
});
