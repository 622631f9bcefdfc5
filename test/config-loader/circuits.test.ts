import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { codesOf, load } from './fixture.ts';

const proxy = (breaker: string) => route(`{ proxy: 'http://127.0.0.1:1', breaker: ${breaker} }`);
const defaults = (breaker: string) =>
  `import { defineDefaults } from 'portico';\nexport default defineDefaults({ breaker: ${breaker} });\n`;
const service = (breaker: string) =>
  `const s = defineService('s', { targets: ['http://127.0.0.1:1'], breaker: ${breaker} });`;
const asking = (breaker: string, own = '') =>
  `import { defineRoute, defineService } from 'portico';\n${service(breaker)}\nexport default defineRoute({ proxy: s, ${own} });\n`;

describe('call sites that say the same name', () => {
  it('may write the same numbers in other words, or leave the defaults out', async () => {
    const files = {
      'routes/a.ts': proxy("{ name: 'pay', window: '60s', minRequests: 20, errorRate: '50.0%' }"),
      'routes/b.ts': proxy("{ name: 'pay', window: '1m' }"),
    };
    expect((await load(files)).routes).toHaveLength(2);
  });

  it('are compared with what folders and services add', async () => {
    const own = proxy("{ name: 'pay' }");
    const folder = { 'routes/pay/_defaults.ts': defaults("{ name: 'pay', resetTimeout: '9s' }") };
    expect(await codesOf({ ...folder, 'routes/pay/a.ts': proxy('{}'), 'routes/b.ts': own })).toEqual(['P139']);
    expect(await codesOf({ 'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }"), 'routes/b.ts': own })).toEqual(
      ['P139'],
    );
    const same = { 'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }", "breaker: { resetTimeout: '5s' }") };
    expect((await load({ ...same, 'routes/b.ts': own })).routes).toHaveLength(2);
  });

  it('do not count where the breaker is switched off, or the name is another', async () => {
    const files = {
      'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }", 'breaker: false'),
      'routes/b.ts': proxy("{ name: 'pay' }"),
      'routes/c.ts': proxy("{ name: 'payments', resetTimeout: '1s' }"),
    };
    expect((await load(files)).routes).toHaveLength(3);
  });

  it.each(["''", "'7up'", "'a b'", "'GET /a'"])('have a name that is no site: %s', async name => {
    expect(await codesOf({ 'routes/a.ts': proxy(`{ name: ${name} }`) })).toEqual(['P122']);
  });
});

describe('a share of slow calls', () => {
  it('goes with what a service or a folder calls slow', async () => {
    const rate = "breaker: { slowRate: '20%' }";
    expect((await load({ 'routes/a.ts': asking("{ slowCall: '1s' }", rate) })).routes).toHaveLength(1);
    const folder = { 'routes/_defaults.ts': defaults("{ slowCall: '1s' }") };
    expect((await load({ ...folder, 'routes/a.ts': proxy("{ slowRate: '20%' }") })).routes).toHaveLength(1);
    expect(await codesOf({ 'routes/a.ts': asking('{}', rate) })).toEqual(['P140']);
  });

  it('may stand in a folder for those of its routes that call something slow', async () => {
    const files = {
      'routes/_defaults.ts': defaults("{ slowRate: '20%' }"),
      'routes/a.ts': proxy('{}'),
      'routes/b.ts': proxy("{ slowCall: '1s' }"),
    };
    expect((await load(files)).routes).toHaveLength(2);
  });
});
