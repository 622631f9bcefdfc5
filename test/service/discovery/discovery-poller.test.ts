import { describe, expect, it } from 'vitest';
import type { ListedTarget } from '../../../src/service/balance/target-state.ts';
import { DiscoveryPoller } from '../../../src/service/discovery/discovery-poller.ts';
import type { ResolvedTargets } from '../../../src/service/discovery/source.ts';
import { listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';

type Look = ResolvedTargets | Error | 'hangs';

const sight = (...names: string[]): ResolvedTargets => ({
  targets: names.map(name => listed(name)),
  goodForMs: 10_000,
});
const settled = () => new Promise(resolve => setImmediate(resolve));

/** A poller with the given results in turn; the last one repeats. */
function bench(...looks: Look[]) {
  const clock = new FakeClock();
  const found: string[] = [];
  const failures: unknown[] = [];
  const signals: AbortSignal[] = [];
  const source = {
    async find(signal: AbortSignal): Promise<ResolvedTargets> {
      signals.push(signal);
      const look = looks[Math.min(signals.length, looks.length) - 1];
      if (look === undefined || look === 'hangs') return new Promise(() => undefined);
      if (look instanceof Error) throw look;
      return look;
    },
  };
  const poller = new DiscoveryPoller(source, {
    clock,
    chance: () => 0.5,
    found: (targets: readonly ListedTarget[]) => found.push(targets.map(({ target }) => target.origin).join(' ')),
    failed: why => failures.push(why),
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  return { clock, poller: poller, found, failures, signals, pass };
}

describe('a discovery poller', () => {
  it('polls again when its result expires', async () => {
    const { poller, found, pass, clock } = bench(sight('a'), sight('a', 'b'));
    poller.start();
    await poller.first;
    expect(found).toEqual(['http://a']);
    await pass(9_999);
    expect(found).toHaveLength(1);
    await pass(1);
    expect(found).toEqual(['http://a', 'http://a http://b']);
    poller.stop();
    expect(clock.waiting).toBe(0);
  });

  it('reports failures and empty results, and polls again soon, then less often', async () => {
    const { poller, found, failures, signals, pass } = bench(sight('a'), new Error('SERVFAIL'), sight());
    poller.start();
    await poller.first;
    await pass(10_000);
    expect(failures).toEqual([new Error('SERVFAIL')]);
    await pass(1_000);
    expect(failures[1]).toMatchObject({ message: 'no target was found' });
    await pass(1_999);
    expect(signals).toHaveLength(3);
    await pass(1);
    expect(signals).toHaveLength(4);
    for (let i = 0; i < 10; i++) await pass(30_000);
    expect(signals.length).toBeGreaterThanOrEqual(13);
    expect(found).toEqual(['http://a']);
  });

  it('waits at most 5 s and says so to the caller', async () => {
    const { poller, failures, signals, pass } = bench('hangs');
    poller.start();
    await pass(4_999);
    expect(signals[0]?.aborted).toBe(false);
    await pass(1);
    await poller.first;
    expect(signals[0]?.aborted).toBe(true);
    expect(failures).toEqual([new Error('nothing was found within 5 s')]);
  });

  it('stops polling when it is stopped, and ignores a late result', async () => {
    const { poller, found, failures, signals, pass, clock } = bench('hangs');
    poller.start();
    poller.stop();
    await poller.first;
    expect(signals[0]?.aborted).toBe(true);
    await pass(60_000);
    expect([found, failures, signals.length, clock.waiting]).toEqual([[], [], 1, 0]);
  });
});
