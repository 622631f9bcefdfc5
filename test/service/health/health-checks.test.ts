import { describe, expect, it } from 'vitest';
import { bytesBody } from '../../../src/core/body.ts';
import { callOutcome } from '../../../src/core/call-outcome.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import type { Target, Transport } from '../../../src/core/ports/transport.ts';
import type { Reply } from '../../../src/core/reply.ts';
import { defineService, type HealthCheck } from '../../../src/index.ts';
import { balancerOf } from '../../../src/service/balance/balancer-of.ts';
import { healthChecks } from '../../../src/service/health/health-checks.ts';
import { listed } from '../../support/balancing.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

const settled = () => new Promise(resolve => setImmediate(resolve));

/** Targets that respond to health checks with a status, or hang. */
class Machines implements Transport {
  readonly responses = new Map<string, number | 'hangs'>();
  readonly asked: string[] = [];
  text = 'ok';

  send(x: Exchange, { origin }: Target): Promise<Reply> {
    this.asked.push(`${x.method} ${origin}${x.path}${x.search}`);
    const response = this.responses.get(origin) ?? 200;
    if (response === 'hangs') return new Promise((_, reject) => x.cancellation.onCancel(reject));
    if (response === 0) return Promise.reject(new GatewayError('upstream.unreachable', 'refused'));
    return Promise.resolve({ status: response, headers: HeaderList.empty, body: bytesBody(Buffer.from(this.text)) });
  }

  forget(): void {}

  async close(): Promise<void> {}
}

function bench(names: readonly string[], health: `/${string}` | HealthCheck = '/readyz') {
  const clock = new FakeClock();
  const transport = new Machines();
  const service = defineService('catalog', { targets: names.map(name => `http://${name}`), health });
  const { balancer, pools: groups } = balancerOf(service, clock);
  const chance = new Chance(5);
  const checks = healthChecks(service, groups, transport, clock, () => chance.next());
  const pass = async (ms: number): Promise<void> => {
    for (let i = 0; i < ms; i += 500) {
      clock.advance(Math.min(500, ms - i));
      await settled();
    }
  };
  const asides = () => balancer.targets().map(({ aside }) => aside);
  return { clock, transport, balancer, groups, checks, pass, asides };
}

describe('a health check', () => {
  it('runs about every five seconds per target, at randomized times', async () => {
    const { transport, pass } = bench(['a', 'b'], '/readyz?deep=1');
    await pass(5_000);
    expect(new Set(transport.asked)).toEqual(new Set(['GET http://a/readyz?deep=1', 'GET http://b/readyz?deep=1']));
    await pass(60_000);
    const asked = transport.asked.filter(each => each.includes('//a/')).length;
    expect(asked).toBeGreaterThanOrEqual(10);
    expect(asked).toBeLessThanOrEqual(16);
  });

  it.each([503, 0, 'hangs'] as const)(
    'marks a target that responds with %s three times as unhealthy, and as healthy after two good responses',
    async response => {
      const { transport, pass, asides, balancer } = bench(['a', 'b']);
      transport.responses.set('http://a', response);
      await pass(4_000);
      expect(asides()).toEqual([undefined, undefined]);
      await pass(26_000);
      expect(asides()).toEqual(['unhealthy', undefined]);
      for (let i = 0; i < 20; i++) expect(balancer.pick(exchange(), []).target.origin).toBe('http://b');
      transport.responses.set('http://a', 200);
      await pass(15_000);
      expect(asides()).toEqual([undefined, undefined]);
      expect(balancer.targets()[0]?.weight).toBeLessThan(0.6);
    },
  );

  it('reads the status and ignores the rest of a large response', async () => {
    const { transport, pass, asides } = bench(['a', 'b']);
    transport.text = 'x'.repeat(100_000);
    await pass(30_000);
    expect(asides()).toEqual([undefined, undefined]);
  });

  it('counts consecutive failures only', async () => {
    const { transport, pass, asides } = bench(['a', 'b'], { path: '/h', interval: '1s', unhealthyThreshold: 3 });
    for (let i = 0; i < 10; i++) {
      transport.responses.set('http://a', 500);
      await pass(1_500);
      transport.responses.set('http://a', 200);
      await pass(1_500);
    }
    expect(asides()).toEqual([undefined, undefined]);
  });

  it('keeps all targets in use if all are unhealthy', async () => {
    const { transport, pass, asides, balancer } = bench(['a', 'b'], { path: '/h', interval: '1s' });
    for (const name of ['a', 'b']) transport.responses.set(`http://${name}`, 500);
    await pass(10_000);
    expect(asides()).toEqual(['unhealthy', 'unhealthy']);
    expect(new Set(Array.from({ length: 50 }, () => balancer.pick(exchange(), []).target.origin)).size).toBe(2);
  });

  it.each([
    [204, 200],
    ['3xx', 200],
    ['2xx', 302],
  ] as const)('expects %s and rejects %i', async (status, response) => {
    const { transport, pass, asides } = bench(['a', 'b'], { path: '/h', interval: '1s', status });
    transport.responses.set('http://a', response);
    transport.responses.set('http://b', status === '3xx' ? 301 : 204);
    await pass(10_000);
    expect(asides()).toEqual(['unhealthy', undefined]);
  });

  it('does not protect a target from ejection', async () => {
    const { pass, asides, balancer } = bench(['a', 'b'], { path: '/h', interval: '1s' });
    const [, b] = balancer.targets().map(({ target }) => target);
    for (let i = 0; i < 5; i++) balancer.pick(exchange(), b === undefined ? [] : [b]).report(callOutcome('reset'), 1);
    await pass(500);
    expect(asides()).toEqual(['ejected', undefined]);
  });

  it('follows changes of the targets and stops with the gateway', async () => {
    const { clock, transport, groups, checks, pass } = bench(['a', 'b'], { path: '/h', interval: '1s' });
    await pass(3_000);
    groups[0]?.pool.update([listed('b'), listed('c')]);
    transport.asked.length = 0;
    await pass(3_000);
    expect(new Set(transport.asked)).toEqual(new Set(['GET http://b/h', 'GET http://c/h']));
    expect(clock.waiting).toBe(2);
    for (const each of checks) each.stop();
    expect(clock.waiting).toBe(0);
  });

  it('is off by default', () => {
    const { clock, groups } = bench([]);
    const transport = new Machines();
    for (const health of [{}, { health: false } as const]) {
      expect(healthChecks(defineService('s', { targets: ['http://a'], ...health }), groups, transport, clock)).toEqual(
        [],
      );
    }
    expect(clock.waiting).toBe(0);
  });
});
