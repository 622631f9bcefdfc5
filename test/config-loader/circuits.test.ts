import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { codesOf, load } from './fixture.ts';

const proxy = (breaker: string) => route(`{ proxy: 'http://127.0.0.1:1', breaker: ${breaker} }`);
const defaults = (breaker: string) =>
  `import { defineDefaults } from 'portico';\nexport default defineDefaults({ breaker: ${breaker} });\n`;
const service = (breaker: string) =>
  `const s = defineService('s', { targets: ['http://127.0.0.1:1'], breaker: ${breaker} });`;
const asking = (breaker: string, own = '') =>
  `import { defineRoute, defineService } from 'portico';
    ${service(breaker)}
    export default defineRoute({ proxy: s, ${own} });\n`;

describe('call sites with the same circuit name', () => {
  it('may write equal numbers differently or omit defaults', async () => {
    const files = {
      'routes/a.ts': proxy("{ name: 'pay', window: '60s', minRequests: 20, errorRate: '50.0%' }"),
      'routes/b.ts': proxy("{ name: 'pay', window: '1m' }"),
    };
    expect((await load(files)).routes).toHaveLength(2);
  });

  it('are compared after folder and service options are merged', async () => {
    const own = proxy("{ name: 'pay' }");
    const folder = { 'routes/pay/_defaults.ts': defaults("{ name: 'pay', resetTimeout: '9s' }") };
    expect(await codesOf({ ...folder, 'routes/pay/a.ts': proxy('{}'), 'routes/b.ts': own })).toEqual(['P139']);
    expect(await codesOf({ 'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }"), 'routes/b.ts': own })).toEqual(
      ['P139'],
    );
    const same = { 'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }", "breaker: { resetTimeout: '5s' }") };
    expect((await load({ ...same, 'routes/b.ts': own })).routes).toHaveLength(2);
  });

  it('do not count if the breaker is off or the name differs', async () => {
    const files = {
      'routes/a.ts': asking("{ name: 'pay', resetTimeout: '9s' }", 'breaker: false'),
      'routes/b.ts': proxy("{ name: 'pay' }"),
      'routes/c.ts': proxy("{ name: 'payments', resetTimeout: '1s' }"),
    };
    expect((await load(files)).routes).toHaveLength(3);
  });

  it.each(["''", "'7up'", "'a b'", "'GET /a'"])('may not use the name of a site: %s', async name => {
    expect(await codesOf({ 'routes/a.ts': proxy(`{ name: ${name} }`) })).toEqual(['P122']);
  });
});

describe('a slow call rate', () => {
  it('uses the slow call duration of a service or a folder', async () => {
    const rate = "breaker: { slowRate: '20%' }";
    expect((await load({ 'routes/a.ts': asking("{ slowCall: '1s' }", rate) })).routes).toHaveLength(1);
    const folder = { 'routes/_defaults.ts': defaults("{ slowCall: '1s' }") };
    expect((await load({ ...folder, 'routes/a.ts': proxy("{ slowRate: '20%' }") })).routes).toHaveLength(1);
    expect(await codesOf({ 'routes/a.ts': asking('{}', rate) })).toEqual(['P140']);
  });

  it('in a folder applies to its routes with a slow call duration', async () => {
    const files = {
      'routes/_defaults.ts': defaults("{ slowRate: '20%' }"),
      'routes/a.ts': proxy('{}'),
      'routes/b.ts': proxy("{ slowCall: '1s' }"),
    };
    expect((await load(files)).routes).toHaveLength(2);
  });
});
