import { describe, expect, it } from 'vitest';
import type { Listed } from '../../../src/service/balance/machine.ts';
import { Lookout } from '../../../src/service/discovery/lookout.ts';
import type { Sighting } from '../../../src/service/discovery/source.ts';
import { listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';

type Look = Sighting | Error | 'hangs';

const sight = (...names: string[]): Sighting => ({ machines: names.map(name => listed(name)), goodForMs: 10_000 });
const settled = () => new Promise(resolve => setImmediate(resolve));

/** A lookout that sees one thing after the other, and the last one from then on. */
function bench(...looks: Look[]) {
  const clock = new FakeClock();
  const found: string[] = [];
  const failures: unknown[] = [];
  const signals: AbortSignal[] = [];
  const source = {
    async find(signal: AbortSignal): Promise<Sighting> {
      signals.push(signal);
      const look = looks[Math.min(signals.length, looks.length) - 1];
      if (look === undefined || look === 'hangs') return new Promise(() => undefined);
      if (look instanceof Error) throw look;
      return look;
    },
  };
  const lookout = new Lookout(source, {
    clock,
    chance: () => 0.5,
    found: (machines: readonly Listed[]) => found.push(machines.map(({ target }) => target.origin).join(' ')),
    failed: why => failures.push(why),
  });
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  return { clock, lookout, found, failures, signals, pass };
}

describe('a lookout', () => {
  it('looks again when what it saw is not sure any more', async () => {
    const { lookout, found, pass, clock } = bench(sight('a'), sight('a', 'b'));
    lookout.start();
    await lookout.first;
    expect(found).toEqual(['http://a']);
    await pass(9_999);
    expect(found).toHaveLength(1);
    await pass(1);
    expect(found).toEqual(['http://a', 'http://a http://b']);
    lookout.stop();
    expect(clock.waiting).toBe(0);
  });

  it('tells of failures and empty answers, and looks again soon, then less often', async () => {
    const { lookout, found, failures, signals, pass } = bench(sight('a'), new Error('SERVFAIL'), sight());
    lookout.start();
    await lookout.first;
    await pass(10_000);
    expect(failures).toEqual([new Error('SERVFAIL')]);
    await pass(1_000);
    expect(failures[1]).toMatchObject({ message: 'no machine was found' });
    await pass(1_999);
    expect(signals).toHaveLength(3);
    await pass(1);
    expect(signals).toHaveLength(4);
    for (let i = 0; i < 10; i++) await pass(30_000);
    expect(signals.length).toBeGreaterThanOrEqual(13);
    expect(found).toEqual(['http://a']);
  });

  it('waits no longer than 5 s, and says so to whom it asked', async () => {
    const { lookout, failures, signals, pass } = bench('hangs');
    lookout.start();
    await pass(4_999);
    expect(signals[0]?.aborted).toBe(false);
    await pass(1);
    await lookout.first;
    expect(signals[0]?.aborted).toBe(true);
    expect(failures).toEqual([new Error('nothing was found within 5 s')]);
  });

  it('looks no more once it is stopped, and takes no late answer', async () => {
    const { lookout, found, failures, signals, pass, clock } = bench('hangs');
    lookout.start();
    lookout.stop();
    await lookout.first;
    expect(signals[0]?.aborted).toBe(true);
    await pass(60_000);
    expect([found, failures, signals.length, clock.waiting]).toEqual([[], [], 1, 0]);
  });
});
