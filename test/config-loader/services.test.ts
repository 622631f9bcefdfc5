import { describe, expect, it } from 'vitest';
import { authority, clientCert, clientKey, serverKey } from '../support/authority.ts';
import { createProject } from '../support/project.ts';
import { codesOf, load, mistakesOf } from './fixture.ts';

const IMPORT = "import { defineRoute, defineService } from 'portico';\n";
const HELLO = `${IMPORT}export default defineRoute({ handler: () => 'hello' });\n`;

describe('a service', () => {
  const from = (options: string, rest = '') => ({
    'services.ts': `${IMPORT}export const s = defineService('s', { ${options} });`,
    'routes/a.ts': `${IMPORT}import { s } from '#services';\nexport default defineRoute({ proxy: s, ${rest} });`,
  });

  it('is checked where it is defined, even without a route', async () => {
    const files = { ...from("targets: ['ftp://x'], concurrency: 0, balancing: 'ewma'"), 'routes/a.ts': HELLO };
    await using project = await createProject(files);
    const { problems } = await mistakesOf(project.dir);
    expect(problems.map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([
      'P122 services.ts:2',
      'P121 services.ts:2',
    ]);
    expect((await load(from("targets: ['http://h'], concurrency: 'adaptive'"))).routes).toHaveLength(1);
    expect(await codesOf(from("targets: ['http://h'], concurrency: 'adaptiv'"))).toEqual(['P122']);
    expect(await codesOf(from("targets: ['ftp://x']"))).toEqual(['P129']);
    expect(await codesOf(from('targets: []'))).toEqual(['P129']);
    const nameless = { 'services.ts': `${IMPORT}export const s = defineService('', { targets: ['http://h'] });` };
    expect(await codesOf({ ...nameless, 'routes/a.ts': HELLO })).toEqual(['P122']);
    expect(await codesOf(from("targets: ['http://u:p@h'] "))).toEqual(['P129']);
  });

  it.each([
    ["{ targets: ['http://h'] }", 'a service has no name'],
    ['', 'a service has no name'],
    ["7, { targets: ['http://h'] }", 'a service has no name'],
    ["'s'", 'service "s" must be an object of options, not undefined'],
    ["'s', null", 'service "s" must be an object of options, not null'],
    ["'s', 'http://h'", 'service "s" must be an object of options, not "http://h"'],
  ])('is called wrongly at its own line, however it is used: defineService(%s)', async (args, message) => {
    const routes = {
      'routes/a.ts': `${IMPORT}import { s } from '#services';\nexport default defineRoute({ proxy: s, breaker: { slowRate: '50%', slowCall: '1s' } });`,
      'routes/b.ts': `${IMPORT}import { s } from '#services';\nexport default defineRoute({ aggregate: { a: { from: s('/a'), response: {}, breaker: {} } }, reply: c => c.parts });`,
    };
    await using project = await createProject({
      ...routes,
      'services.ts': `${IMPORT}export const s = defineService(${args});`,
    });
    const { problems } = await mistakesOf(project.dir);
    expect(problems.map(problem => [`${problem.file}:${problem.line}`, problem.message])).toEqual([
      ['services.ts:2', message],
    ]);
  });

  it.each(["['http://u:p4ss@h']", "['http://u:p4/ss@h']", "['http://h?key=p4ss']", "{ dns: 'http://u:p4ss@h' }"])(
    'has a mistake without the secrets of its address: %s',
    async targets => {
      await using project = await createProject(from(`targets: ${targets}`));
      const { problems } = await mistakesOf(project.dir);
      expect(problems).toMatchObject([{ code: 'P129', message: expect.not.stringContaining('p4') }]);
    },
  );

  it('may set its load balancing policy, from the known ones', async () => {
    const targets = "targets: ['http://a', { url: 'http://b', weight: 0.5, max: 50 }]";
    const spread = ["'ewma'", "'round-robin'", "'least-requests'", "{ hash: 'ip' }", "{ hash: { cookie: 'sid' } }"];
    for (const balance of [...spread, "{ hash: { header: 'x-tenant' } }"]) {
      expect((await load(from(`${targets}, balance: ${balance}`))).routes).toHaveLength(1);
    }
    const nested = "targets: { env: 'PORTICO_TEST_NEVER_SET', default: [{ url: 'http://b', weight: 3 }] }";
    expect((await load(from(nested))).routes).toHaveLength(1);
    const wrong = ["'fastest'", "{ hash: 'user' }", "{ hash: { cookie: 'a b' } }", "{ hash: { header: '' } }", '{}'];
    for (const balance of wrong) expect(await codesOf(from(`${targets}, balance: ${balance}`))).toEqual(['P122']);
  });

  it('has targets with an address, a positive weight and room for a call', async () => {
    const wrong = [
      "{ url: 'http://a', weight: 0 }",
      "{ url: 'http://a', max: 0 }",
      '{ weight: 1 }',
      "{ url: 'ftp://a' }",
    ];
    for (const target of wrong) expect(await codesOf(from(`targets: [${target}]`))).toEqual(['P129']);
    expect(await codesOf(from("targets: [{ url: 'http://a', wieght: 2 }]"))).toEqual(['P121']);
    const nested = "targets: { env: 'PORTICO_TEST_NEVER_SET', default: [{ url: 'a' }] }";
    expect(await codesOf(from(nested))).toEqual(['P129']);
  });

  it('may have discovered targets from one source', async () => {
    const good = [
      "{ dns: 'catalog.internal:4001' }",
      "{ dns: 'https://catalog.internal/v2' }",
      "{ srv: '_http._tcp.x.internal' }",
    ];
    for (const targets of [...good, "() => ['http://a']", "{ find: async () => [], interval: '1m' }"]) {
      expect((await load(from(`targets: ${targets}`))).routes).toHaveLength(1);
    }
    const wrong = [
      '{}',
      "{ dns: 'a:1', srv: '_http._tcp.a' }",
      "{ dns: 'a:1', interval: '5s' }",
      "{ srv: 'a.internal' }",
    ];
    const names = [
      "{ dns: '10.0.0.5:80' }",
      "{ dns: 'http://[::1]' }",
      "{ dns: 'ftp://a' }",
      "{ dns: 'a:1?b' }",
      "{ dns: 'a b' }",
    ];
    for (const targets of [...wrong, ...names, "{ find: 'http://a' }"]) {
      expect([targets, await codesOf(from(`targets: ${targets}`))]).toEqual([targets, ['P129']]);
    }
    expect(await codesOf(from("targets: { find: () => [], interval: '0s' }"))).toEqual(['P123']);
    expect(await codesOf(from("targets: { dsn: 'a:1' }"))).toEqual(['P121']);
  });

  it('may have health checks', async () => {
    const targets = "targets: ['http://a'],";
    const good = [
      "'/readyz'",
      'false',
      `{ path: '/h?deep=1', interval: '1s', timeout: '500ms',
         unhealthyThreshold: 1, healthyThreshold: 1, status: 204 }`,
    ];
    for (const health of good) expect((await load(from(`${targets} health: ${health}`))).routes).toHaveLength(1);
    for (const health of [
      "'readyz'",
      '{ interval: "1s" }',
      "{ path: '/h', unhealthyThreshold: 0 }",
      "{ path: '/h', status: '5xx' }",
    ]) {
      expect([health, await codesOf(from(`${targets} health: ${health}`))]).toEqual([health, ['P122']]);
    }
    expect(await codesOf(from(`${targets} health: { path: '/h', interval: '0s' }`))).toEqual(['P123']);
    expect(await codesOf(from(`${targets} health: { path: '/h', often: '1s' }`))).toEqual(['P121']);
  });

  it('may mirror its calls to another service, which is checked too', async () => {
    const to = (targets: string, rest = '') =>
      from(`targets: ['http://a'], mirror: { to: defineService('staging', { targets: [${targets}] })${rest} }`);
    expect((await load(to("'http://b'", ", share: '10%', max: 3"))).routes).toHaveLength(1);
    expect(await codesOf(to("'ftp://b'"))).toEqual(['P129']);
    expect(await codesOf(to("'http://b'", ", share: '0%'"))).toEqual(['P123']);
    expect(await codesOf(to("'http://b'", ', max: 0'))).toEqual(['P122']);
    expect(await codesOf(from("targets: ['http://a'], mirror: { share: '10%' }"))).toEqual(['P122']);
    expect(await codesOf(from("targets: ['http://a'], mirror: { to: 'http://b' }"))).toEqual(['P122']);
    const without = { 'services.ts': `${IMPORT}export const s = defineService('s');`, 'routes/a.ts': HELLO };
    expect(await codesOf(without)).toEqual(['P122']);
  });

  it('has ejection times within their range', async () => {
    const targets = "targets: ['http://a'],";
    for (const good of ['ejection: false', "ejection: { failures: 3, maxTime: '1m' }", 'slowStart: false']) {
      expect((await load(from(`${targets} ${good}`))).routes).toHaveLength(1);
    }
    expect(await codesOf(from(`${targets} ejection: { failures: 0 }`))).toEqual(['P122']);
    for (const after of ['0s', '40d']) {
      expect(await codesOf(from(`${targets} hedge: { after: '${after}' }`))).toEqual(['P123']);
    }
    expect(await codesOf(from(`${targets} ejection: { baseTime: '40s' }`))).toEqual(['P123']);
    expect(await codesOf(from(`${targets} ejection: { maxTime: '500ms' }`))).toEqual(['P123']);
    expect(await codesOf(from(`${targets} ejection: { baseTime: '0s' }`))).toEqual(['P123']);
    expect(await codesOf(from(`${targets} slowStart: '0s'`))).toEqual(['P123']);
    expect(await codesOf(from(`${targets} slowStart: true`))).toEqual(['P122']);
  });

  it('reports bad certificates at load, not at the first call', async () => {
    const tls = (options: object) => from(`targets: ['https://h'], tls: ${JSON.stringify(options)}`);
    const good = { ca: authority, cert: clientCert, key: clientKey };
    expect((await load(tls(good))).routes).toHaveLength(1);
    const cut = '-----BEGIN CERTIFICATE-----\nMIIB';
    expect(await codesOf(tls({ ca: [authority, cut] }))).toEqual(['P122']);
    expect(await codesOf(tls({ cert: clientCert, key: serverKey }))).toEqual(['P122']);
    expect(await codesOf(tls({ ca: './ca.pem' }))).toEqual(['P122']);
    expect(await codesOf(tls({ cert: clientCert }))).toEqual(['P122']);
  });

  it('may be shared by routes and take its targets from the environment', async () => {
    const { routes } = await load({
      ...from("targets: { env: 'PORTICO_TEST_NEVER_SET', default: ['https://h.example/base'] }"),
      'routes/b.ts': `${IMPORT}import { s } from '#services';\nexport default defineRoute({ proxy: s('/b') });`,
    });
    expect(routes).toHaveLength(2);
  });

  it('is part of the checks of its routes', async () => {
    const service = "targets: ['http://h'], timeout: '5s'";
    expect(await codesOf(from(service, "breaker: { window: '2s' }"))).toEqual(['P133']);
    expect((await load(from(service, "breaker: { window: '2s' }, timeout: '1s'"))).routes).toHaveLength(1);
    expect(await codesOf(from(`${service}, breaker: { window: '1s' }`))).toEqual(['P133']);
  });
});
