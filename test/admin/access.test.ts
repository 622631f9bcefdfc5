import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ManagedGateway } from '../../src/admin/managed-gateway.ts';
import { startAdmin } from '../../src/admin/server.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { NONE, serviceReading } from '../support/service-reading.ts';

const TOKEN = 'T0ken-of_the.gateway~+/';
const metrics = new Metrics({
  services: () => [serviceReading({ shed: { critical: NONE, default: NONE, prefetch: NONE, bulk: NONE } })],
  store: () => ({ bytes: 0, entries: 0 }),
});

/** A gateway that does whatever it may be commanded. */
const GATEWAY: ManagedGateway = {
  phase: 'ready',
  generation: 1,
  pids: [11],
  routes: [],
  canReload: false,
  metrics: () => metrics.snapshot(),
  purge: async () => 7,
  reload: async () => ({ kind: 'reloaded', generation: 2, routes: 0 }),
  explain: async () => [{ pid: 11, explanation: { method: 'GET', url: '/', outcome: NOTHING } }],
  breakers: async () => [{ pid: 11, breakers: [] }],
  counts: async () => metrics.counts(),
  inspect: async () => [],
  sessions: async () => ({ value: { store: 'disk', sessions: [], more: 0 } }),
  endSessions: async () => ({ value: { store: 'disk', ended: 0 } }),
  openApi: async () => '{"openapi":"3.1.2","paths":{}}',
  history: async () => [],
  requests: async () => [],
  commandBreaker: async () => undefined,
};
const NOTHING = { kind: 'own-response', status: 204, detail: '' } as const;

/** What the probes of a kubelet read, and the rest: everything that the port has. */
const PROBES = ['/livez', '/readyz'];
const READS = [
  '/',
  '/breakers',
  '/sessions',
  '/requests',
  '/history',
  '/stats',
  '/services',
  '/cache',
  '/admin/openapi.json',
  '/api-docs',
  '/api-docs/app.css',
  '/openapi.json',
  '/nowhere',
];
const PAGE_FILES = ['/ui/page.js', '/ui/uplot.js'];
const COMMANDS: readonly (readonly [path: string, body: string])[] = [
  ['/purge', '{"all":true}'],
  ['/explain', '{"method":"GET","path":"/"}'],
  ['/breakers', '{"open":"x"}'],
  ['/sessions', '{"all":true}'],
  ['/reload', '{}'],
];

/** An address of this computer that other hosts could use: a request to it does not come from loopback. */
const NETWORK = Object.values(networkInterfaces())
  .flatMap(addresses => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

async function admin(host: string, token?: string) {
  const server = await startAdmin(GATEWAY, { host, port: 0, ...(token !== undefined && { token }) });
  const send = (path: string, headers: Readonly<Record<string, string>>, body?: string, to = '127.0.0.1') =>
    new Promise<{ readonly status: number; readonly challenge: string | undefined; readonly text: string }>(
      (resolve, reject) => {
        const method = body === undefined ? 'GET' : 'POST';
        const fields = { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers };
        const req = request({ host: to, port: server.port, path, method, headers: fields }, async res => {
          const { statusCode = 0 } = res;
          resolve({ status: statusCode, challenge: res.headers['www-authenticate'], text: await text(res) });
        });
        req.on('error', reject).end(body);
      },
    );
  const statusesOf = async (headers: Readonly<Record<string, string>>, to?: string) => ({
    probes: await Promise.all(PROBES.map(async path => (await send(path, headers, undefined, to)).status)),
    metrics: (await send('/metrics', headers, undefined, to)).status,
    reads: await Promise.all(READS.map(async path => (await send(path, headers, undefined, to)).status)),
    commands: await Promise.all(COMMANDS.map(async ([path, body]) => (await send(path, headers, body, to)).status)),
  });
  return { send, statusesOf, [Symbol.asyncDispose]: () => server.close() };
}

const all = (status: number, list: readonly unknown[]) => list.map(() => status);
const ALLOWED = { commands: [200, 200, 404, 200, 200] };
const UNAUTHORIZED = { reads: all(401, READS), commands: all(401, COMMANDS) };

describe('an admin port with a token', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('needs it for all but probes (%s)', async host => {
    await using port = await admin(host, TOKEN);
    expect(await port.statusesOf({})).toEqual({ probes: [200, 200], metrics: 401, ...UNAUTHORIZED });
    const bearer = { Authorization: `Bearer ${TOKEN}` };
    // What exists differs by path, as without a token.
    const { reads, ...others } = await port.statusesOf(bearer);
    expect(others).toEqual({ probes: [200, 200], metrics: 200, commands: ALLOWED.commands });
    expect(reads).not.toContain(401);
  });

  it.each([
    ['Bearer wrong', 'error="invalid_token"'],
    [`Bearer ${TOKEN}x`, 'error="invalid_token"'],
    [`Bearer ${TOKEN.toLowerCase()}`, 'error="invalid_token"'],
    ['Bearer ', 'error="invalid_token"'],
    [`Basic ${TOKEN}`, 'error="invalid_token"'],
    [TOKEN, 'error="invalid_token"'],
  ])('rejects another one, and says so: %s', async (authorization, error) => {
    await using port = await admin('127.0.0.1', TOKEN);
    const { status, challenge, text: body } = await port.send('/purge', { Authorization: authorization }, '{}');
    expect([status, challenge]).toEqual([401, `Bearer realm="portico admin", ${error}`]);
    expect(body).not.toContain(TOKEN);
  });

  it('names both ways to set it where it is missing', async () => {
    await using port = await admin('127.0.0.1', TOKEN);
    const { challenge, text: body } = await port.send('/metrics', {});
    expect(challenge).toBe('Bearer realm="portico admin"');
    expect(JSON.parse(body).title).toMatch(/PORTICO_ADMIN_TOKEN or --admin-token-file/);
  });

  it('lets a browser load the page, which then sends the token', async () => {
    await using port = await admin('127.0.0.1', TOKEN);
    const html = { Accept: 'text/html,*/*;q=0.8' };
    const page = await port.send('/', html);
    expect([page.status, page.text.slice(0, 15)]).toEqual([200, '<!doctype html>']);
    expect(await Promise.all(PAGE_FILES.map(async path => (await port.send(path, {})).status))).toEqual([200, 200]);
    for (const path of ['/requests', '/ui/nowhere.js', '/api-docs'])
      expect((await port.send(path, html)).status).toBe(401);
    expect((await port.send('/', { ...html, Host: 'evil.example' })).status).toBe(421);
    expect((await port.send('/ui/page.js', { Origin: 'http://evil.example' })).status).toBe(403);
  });

  it('takes the scheme in any case', async () => {
    await using port = await admin('127.0.0.1', TOKEN);
    expect((await port.send('/metrics', { Authorization: `bearer ${TOKEN}` })).status).toBe(200);
  });

  it('rejects another name and another origin, of reads, too, whatever the token', async () => {
    await using port = await admin('127.0.0.1', TOKEN);
    const bearer = { Authorization: `Bearer ${TOKEN}` };
    const named = { ...bearer, Host: 'evil.example' };
    expect(await port.statusesOf(named)).toEqual({
      probes: [421, 421],
      metrics: 421,
      reads: all(421, READS),
      commands: all(421, COMMANDS),
    });
    expect(await port.statusesOf({ ...bearer, Origin: 'https://evil.example' })).toEqual({
      probes: [403, 403],
      metrics: 403,
      reads: all(403, READS),
      commands: all(403, COMMANDS),
    });
  });
});

describe.skipIf(NETWORK === undefined && process.env.CI !== 'true')('an admin port for the network', () => {
  const network = NETWORK ?? 'no address';

  it('lets it read probes and metrics only', async () => {
    await using port = await admin('0.0.0.0');
    expect(await port.statusesOf({}, network)).toEqual({ probes: [200, 200], metrics: 200, ...UNAUTHORIZED });
    const { challenge, text: body } = await port.send('/purge', {}, '{"all":true}', network);
    expect(challenge).toBe('Bearer realm="portico admin"');
    expect(JSON.parse(body).title).toMatch(/PORTICO_ADMIN_TOKEN or --admin-token-file/);
  });

  it('tells a probe no details', async () => {
    await using port = await admin('0.0.0.0');
    const probe = async (to?: string) => JSON.parse((await port.send('/readyz?verbose', {}, undefined, to)).text);
    expect(await probe(network)).toEqual({ status: 'ready', generation: 1, workers: 1, routes: 0 });
    expect(await probe()).toMatchObject({ pids: [11] });
  });

  it('lets it do everything with the token, by any name', async () => {
    await using port = await admin('0.0.0.0', TOKEN);
    const named = { Authorization: `Bearer ${TOKEN}`, Host: 'portico.shop.svc:9090' };
    const { commands, metrics: scraped } = await port.statusesOf(named, network);
    expect([scraped, commands]).toEqual([200, ALLOWED.commands]);
  });

  it('serves programs of this host without a token, by its own names only', async () => {
    await using port = await admin('0.0.0.0');
    expect((await port.statusesOf({})).commands).toEqual(ALLOWED.commands);
    const { commands, reads } = await port.statusesOf({ Host: 'evil.example' });
    expect([commands, reads]).toEqual([all(421, COMMANDS), all(421, READS)]);
    expect((await port.send('/purge', { Origin: 'https://evil.example' }, '{"all":true}')).status).toBe(403);
  });
});
