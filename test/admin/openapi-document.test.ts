import { createConfig, lintFromString } from '@redocly/openapi-core';
import type { ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { ADMIN_DOCUMENT } from '../../src/admin/openapi-document.ts';
import { ADMIN_PATHS } from '../../src/admin/paths.ts';
import { startAdmin } from '../../src/admin/server.ts';
import { FakeStatus } from '../support/managed-gateway.ts';
import { startOperated } from '../support/operated-gateway.ts';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = JSON.parse(
  JSON.stringify(ADMIN_DOCUMENT.paths),
);

/** What of a response the document does not allow. */
async function mistakesIn(method: string, path: string, response: Response): Promise<readonly string[]> {
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const schema = paths[path.split('?')[0] ?? '']?.[method]?.responses[response.status]?.content[type]?.schema;
  if (schema === undefined) return [`${method} ${path}: no schema for ${response.status} ${type}`];
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const check = ajv.compile({ ...schema, components: ADMIN_DOCUMENT.components });
  check(type.endsWith('json') ? await response.json() : await response.text());
  return (check.errors ?? []).map((error: ErrorObject) => `${method} ${path}${error.instancePath} ${error.message}`);
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

describe('the OpenAPI document of the admin port', () => {
  it('has every path that the port serves, with its methods', () => {
    const served = [...ADMIN_PATHS].map(([path, { read, command }]) => [
      path,
      [...(read === undefined ? [] : ['get']), ...(command === undefined ? [] : ['post'])],
    ]);
    expect(Object.entries(paths).map(([path, methods]) => [path, Object.keys(methods)])).toEqual(served);
  });

  it('has no error by the rules of redocly', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const source = JSON.stringify(ADMIN_DOCUMENT);
    const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([
      expect.stringContaining('info-license'),
    ]);
  });

  it('fits the responses of a gateway with sign-in', async () => {
    const port = await startAdmin(new FakeStatus(), { host: '127.0.0.1', port: 0 });
    await using _port = { [Symbol.asyncDispose]: () => port.close() };
    const url = `http://127.0.0.1:${port.port}`;
    const found = [
      ...(await mistakesIn('get', '/sessions', await fetch(`${url}/sessions`))),
      ...(await mistakesIn('post', '/sessions', await post(`${url}/sessions`, { user: 'u7' }))),
      ...(await mistakesIn('post', '/sessions', await post(`${url}/sessions`, { id: 'i'.repeat(22) }))),
      ...(await mistakesIn('get', '/services', await fetch(`${url}/services`))),
    ];
    expect(found).toEqual([]);
  });

  it('fits the responses of a real gateway with workers', { timeout: 60_000 }, async () => {
    await using operated = await startOperated();
    const { portico } = operated;
    const at = portico.adminUrl;
    const { requests } = Object(await (await fetch(`${at}/requests`)).json());
    const reads = [
      ...Object.keys(paths).filter(path => paths[path]?.get !== undefined),
      `/requests?id=${requests[0].requestId}`,
      '/requests?id=unknown',
      '/requests?other',
      '/readyz?verbose',
    ];
    const commands: readonly (readonly [string, object])[] = [
      ['/purge', { tags: ['items'], soft: true }],
      ['/purge', {}],
      ['/breakers', { open: 'GET /sick' }],
      ['/breakers', { open: 'unknown' }],
      ['/explain', { method: 'GET', path: '/items/1' }],
      ['/sessions', { all: true }],
      ['/reload', {}],
    ];
    const found: string[] = [];
    for (const path of reads) found.push(...(await mistakesIn('get', path, await fetch(at + path))));
    for (const [path, body] of commands) found.push(...(await mistakesIn('post', path, await post(at + path, body))));
    found.push(...(await mistakesIn('get', '/history', await fetch(`${at}/history`))));
    expect(found).toEqual([]);
  });
});
