import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/core/exchange.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { LimitMode, Permit, Pressure, Priority } from '../../../src/core/ports/limiter.ts';
import { FixedLimit, type Limit } from '../../../src/service/limit/limit.ts';
import type { ServiceLimiter } from '../../../src/service/limit/service-limiter.ts';
import { Chance } from '../../support/chance.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange, headers } from '../../support/exchange.ts';
import { limiterWithin } from '../../support/limiter.ts';
import { NONE } from '../../support/service-reading.ts';

type Answer = 'begun' | 'waits' | 'refused';

/** A limiter asked by hand. What began or was refused while it waited is told by `begun` and `refused`. */
class Bench {
  readonly clock = new FakeClock();
  readonly pressure = { level: 0 } satisfies Pressure;
  readonly begun: string[] = [];
  readonly refused: unknown[] = [];
  readonly limiter: ServiceLimiter;
  readonly #permits: Permit[] = [];

  constructor(bound: number | Limit, served: readonly Priority[] = ['default']) {
    const chance = new Chance(1);
    this.limiter = limiterWithin(typeof bound === 'number' ? new FixedLimit(bound) : bound, {
      clock: this.clock,
      streams: 2,
      pressure: this.pressure,
      chance: () => chance.next(),
    });
    for (const priority of served) this.limiter.serves(priority);
  }

  ask(priority: Priority = 'default', name = '', x: Exchange = exchange()): Answer {
    try {
      const permit = this.limiter.acquire(x, priority);
      if (!(permit instanceof Promise)) {
        this.#permits.push(permit);
        return 'begun';
      }
      permit.then(
        granted => {
          this.#permits.push(granted);
          this.begun.push(name);
        },
        (failure: unknown) => this.refused.push(failure),
      );
      return 'waits';
    } catch (failure) {
      this.refused.push(failure);
      return 'refused';
    }
  }

  askTimes(times: number, priority?: Priority): Answer[] {
    return Array.from({ length: times }, () => this.ask(priority));
  }

  async free(count = 1): Promise<void> {
    for (const permit of this.#permits.splice(0, count)) permit.release();
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await settled();
  }
}

/** A bound that stands as the test says. */
class SetBound implements Limit {
  now: number;
  mode: LimitMode;
  readonly learned = undefined;
  refusals = 0;

  constructor(mode: LimitMode, now: number) {
    this.mode = mode;
    this.now = now;
  }

  acquired(): void {}
  waited(): void {}
  settled(): void {}

  refused(): void {
    this.refusals++;
  }
}

const settled = () => new Promise(resolve => setImmediate(resolve));

describe('priorities', () => {
  it('let the lower classes fill a smaller share of the limit', () => {
    const bench = new Bench(10, ['critical', 'default']);
    expect(bench.askTimes(4, 'bulk')).toEqual(['begun', 'begun', 'begun', 'waits']);
    expect(bench.askTimes(3, 'prefetch')).toEqual(['begun', 'begun', 'begun']);
    expect(bench.ask('prefetch')).toBe('waits');
    expect(bench.askTimes(3, 'default')).toEqual(['begun', 'begun', 'begun']);
    expect(bench.ask('default')).toBe('waits');
    expect(bench.ask('critical')).toBe('begun');
    expect(bench.ask('critical')).toBe('waits');
  });

  it('leave the whole limit to the highest class there is', () => {
    expect(new Bench(10, ['default', 'bulk']).askTimes(10, 'default')).not.toContain('waits');
    expect(new Bench(10, ['bulk']).askTimes(10, 'bulk')).not.toContain('waits');
    expect(new Bench(1).ask('default')).toBe('begun');
  });

  it('let the more important go first, and those that were there first before others of their class', async () => {
    const bench = new Bench(4, ['critical', 'default']);
    bench.askTimes(4, 'critical');
    bench.ask('default', 'default 1');
    bench.ask('default', 'default 2');
    bench.ask('critical', 'critical 1');
    await bench.free(3);
    expect(bench.begun).toEqual(['critical 1', 'default 1', 'default 2']);
  });

  it('are lowered by a request, never raised', () => {
    const asks = (fields: Readonly<Record<string, string>>, priority: Priority): Answer => {
      const bench = new Bench(10, ['critical', 'default']);
      bench.askTimes(7, 'critical');
      return bench.ask(priority, '', exchange({ headers: headers(fields) }));
    };
    expect(asks({}, 'default')).toBe('begun');
    expect(asks({ Priority: 'u=0' }, 'prefetch')).toBe('waits');
    expect(asks({ 'Sec-Purpose': 'prefetch;prerender' }, 'default')).toBe('waits');
    expect(asks({ 'Sec-Purpose': 'prefetch' }, 'critical')).toBe('waits');
    expect(asks({ Priority: 'u=7, i' }, 'critical')).toBe('waits');
    expect(asks({ Priority: 'u=3, i' }, 'default')).toBe('begun');
    expect(asks({ Priority: 'banana;u=7;;' }, 'default')).toBe('begun');
  });
});

describe('a line', () => {
  it('takes up a hundred calls, or twice as many as may be in flight; what has no place in it is refused at once', () => {
    const bench = new Bench(4);
    expect(bench.askTimes(105)).toEqual([...Array(4).fill('begun'), ...Array(100).fill('waits'), 'refused']);
    expect(bench.limiter).toMatchObject({ inFlight: 4, waiting: 100, shed: { default: { limit: 1 } } });
    expect(new Bench(80).askTimes(241).filter(response => response === 'waits')).toHaveLength(160);
  });

  it('that stands is half as long as the limit: its oldest leaves for a newer one', async () => {
    const bench = new Bench(4);
    bench.askTimes(5);
    await bench.pass(60);
    bench.ask();
    await bench.pass(40);
    bench.ask();
    expect(bench.limiter.waiting).toBe(2);
    bench.ask();
    await settled();
    expect(bench.limiter.waiting).toBe(2);
    expect(bench.refused).toHaveLength(2);
  });

  it('holds against nobody that this process stood still', async () => {
    const bench = new Bench(1);
    bench.ask();
    bench.ask('default', 'waited');
    bench.clock.stall(300);
    await bench.pass(0);
    expect(bench.refused).toEqual([]);
    await bench.free();
    expect(bench.begun).toEqual(['waited']);
  });

  it('takes up a gust: a call waits up to a tenth of a second for its turn', async () => {
    const bench = new Bench(2);
    bench.askTimes(3);
    await bench.pass(95);
    expect(bench.refused).toEqual([]);
    await bench.pass(5);
    expect(bench.refused).toMatchObject([{ code: 'limit.shed', status: 503, outcome: 'ignored' }]);
    expect(bench.limiter.waiting).toBe(0);
    expect(bench.clock.waiting).toBe(0);
  });

  it('that has stood for a tenth of a second makes nobody wait for long, and the newest goes first', async () => {
    const bench = new Bench(4);
    bench.askTimes(5);
    await bench.pass(60);
    bench.ask();
    await bench.pass(40);
    expect(bench.refused).toHaveLength(1);
    bench.ask('default', 'older');
    bench.ask('default', 'newer');
    await bench.free();
    expect(bench.begun).toEqual(['newer']);
    const before = bench.refused.length;
    bench.ask();
    await bench.pass(5);
    expect(bench.refused.length).toBeGreaterThan(before);
  });

  it('holds nobody for ever in a process that stands still again and again', async () => {
    const bench = new Bench(1);
    bench.ask();
    bench.ask('default', 'waits');
    for (let stalls = 0; stalls < 5; stalls++) {
      bench.clock.stall(80);
      await bench.pass(5);
    }
    expect(bench.refused).toMatchObject([{ code: 'limit.shed' }]);
    expect(bench.limiter.waiting).toBe(0);
  });

  it('is left by a client that leaves, and by everybody in the end', async () => {
    const bench = new Bench(1);
    bench.ask();
    const x = exchange();
    bench.ask('default', 'left', x);
    x.cancellation.cancel(new GatewayError('client.gone', 'left'));
    await bench.free();
    expect(bench.begun).toEqual([]);
    expect(bench.refused).toMatchObject([{ code: 'client.gone' }]);
    expect(bench.limiter).toMatchObject({ inFlight: 0, waiting: 0, shed: { default: NONE } });
    expect(bench.ask()).toBe('begun');
  });

  it('moves when a call turns out to be a stream', async () => {
    const bench = new Bench(1);
    const stream = bench.limiter.acquire(exchange(), 'default') as Permit;
    bench.ask('default', 'next');
    stream.stream();
    await settled();
    expect(bench.begun).toEqual(['next']);
    expect(bench.limiter).toMatchObject({ inFlight: 1, streams: 1 });
  });
});

describe('before anything is proven', () => {
  it('a call waits as long as its own time lets it, first come, first served', async () => {
    const bench = new Bench(new SetBound('open', 1));
    bench.ask();
    for (const name of ['first', 'second']) bench.ask('default', name);
    await bench.pass(60_000);
    expect(bench.refused).toEqual([]);
    await bench.free();
    await bench.free();
    expect(bench.begun).toEqual(['first', 'second']);
  });

  it('the newest goes first in a trial: it has the most time left', async () => {
    const bench = new Bench(new SetBound('trial', 1));
    bench.ask();
    for (const name of ['first', 'second']) bench.ask('default', name);
    await bench.pass(60_000);
    await bench.free();
    expect([bench.begun, bench.refused]).toEqual([['second'], []]);
  });

  it.each(['open', 'trial'] as const)('classes order the queue and refuse nobody (%s)', async mode => {
    const bench = new Bench(new SetBound(mode, 10), ['critical', 'default']);
    expect(bench.askTimes(10, 'bulk')).toEqual(Array(10).fill('begun'));
    for (const priority of ['bulk', 'prefetch', 'critical', 'default'] as const) bench.ask(priority, priority);
    await bench.free(4);
    expect([bench.begun, bench.refused]).toEqual([['critical', 'default', 'prefetch', 'bulk'], []]);
  });

  it('5,000 wait at most; the newest of the least important then leaves for what matters more', async () => {
    const bench = new Bench(new SetBound('open', 1), ['critical', 'default']);
    bench.ask();
    expect(new Set(bench.askTimes(5_000, 'bulk'))).toEqual(new Set(['waits']));
    expect([bench.ask('bulk'), bench.ask('critical', 'critical')]).toEqual(['refused', 'waits']);
    await bench.free();
    expect(bench.begun).toEqual(['critical']);
    expect(bench.limiter).toMatchObject({ waiting: 4_999, shed: { bulk: { ...NONE, queue_full: 2 } } });
  });

  it('a deadline that passes in the queue is a refusal of ours: nothing was sent', async () => {
    const bench = new Bench(new SetBound('open', 1));
    bench.ask();
    const x = exchange();
    bench.ask('default', 'late', x);
    x.cancellation.cancel(new GatewayError('upstream.timeout', 'late'));
    await settled();
    expect(bench.refused).toMatchObject([{ code: 'limit.shed', outcome: 'ignored' }]);
    expect(bench.limiter).toMatchObject({ waiting: 0, shed: { default: { ...NONE, deadline: 1 } } });
    expect(bench.clock.waiting).toBe(0);
  });

  it('a proof ends the patience: those that have waited for long are refused, and the queue is short', async () => {
    const bound = new SetBound('open', 4);
    const bench = new Bench(bound);
    bench.askTimes(304);
    await bench.pass(1_000);
    bound.mode = 'held';
    await bench.pass(5);
    expect(bench.limiter).toMatchObject({ inFlight: 4, waiting: 0, shed: { default: { ...NONE, limit: 300 } } });
    expect(bound.refusals).toBe(300);
  });

  it('a call starts at once where the bound has grown meanwhile', () => {
    const bound = new SetBound('open', 1);
    const bench = new Bench(bound);
    bench.ask();
    bound.waited = () => {
      bound.now = 2;
    };
    expect(bench.ask()).toBe('begun');
  });
});

describe('a refusal', () => {
  it('is one of a few failures made once, told to come back at different times', () => {
    const bench = new Bench(2);
    bench.askTimes(302);
    expect(bench.limiter.shed.default).toEqual({ ...NONE, limit: 200 });
    const kinds = new Set(bench.refused as GatewayError[]);
    expect([...kinds].map(({ details }) => details.headers).sort()).toEqual(
      [1, 2, 3, 4].map(seconds => ['Retry-After', `${seconds}`]),
    );
  });

  it('meets everybody while the pool of streams is full; streams are no calls', () => {
    const bench = new Bench(10);
    for (let i = 0; i < 2; i++) (bench.limiter.acquire(exchange(), 'default') as Permit).stream();
    expect(bench.limiter).toMatchObject({ inFlight: 0, streams: 2 });
    expect(bench.ask()).toBe('refused');
    expect(bench.limiter.release()).toBeUndefined();
  });
});

describe('a process that cannot keep up', () => {
  it('refuses class by class, from the last one up', () => {
    const begins = (level: number): Priority[] => {
      const bench = new Bench(100, ['critical', 'default']);
      bench.askTimes(10);
      bench.pressure.level = level;
      return (['critical', 'default', 'prefetch', 'bulk'] as const).filter(each => bench.ask(each) === 'begun');
    };
    expect(begins(0)).toEqual(['critical', 'default', 'prefetch', 'bulk']);
    expect(begins(1)).toEqual(['critical', 'default', 'prefetch']);
    expect(begins(2)).toEqual(['critical', 'default']);
    expect(begins(3)).toEqual(['critical']);
  });

  it('refuses no lone call: a pause without a crowd behind it is none', () => {
    const bench = new Bench(100);
    bench.pressure.level = 3;
    expect(bench.askTimes(11)).toEqual([...Array(10).fill('begun'), 'refused']);
  });
});

describe('a spare permit', () => {
  it('is there only while there is plenty of room', () => {
    const bench = new Bench(10);
    bench.askTimes(5);
    const spare = bench.limiter.release();
    expect(spare).toBeDefined();
    expect(bench.limiter.release()).toBeUndefined();
    spare?.release();
    bench.pressure.level = 1;
    expect(bench.limiter.release()).toBeUndefined();
  });
});
