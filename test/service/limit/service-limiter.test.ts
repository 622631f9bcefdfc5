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

/** A limiter that is called by hand; `begun` and `refused` list the calls that started or were rejected meanwhile. */
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

/** A limit that the test sets. */
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
  it('restrict the lower classes to a smaller share of the limit', () => {
    const bench = new Bench(10, ['critical', 'default']);
    expect(bench.askTimes(4, 'bulk')).toEqual(['begun', 'begun', 'begun', 'waits']);
    expect(bench.askTimes(3, 'prefetch')).toEqual(['begun', 'begun', 'begun']);
    expect(bench.ask('prefetch')).toBe('waits');
    expect(bench.askTimes(3, 'default')).toEqual(['begun', 'begun', 'begun']);
    expect(bench.ask('default')).toBe('waits');
    expect(bench.ask('critical')).toBe('begun');
    expect(bench.ask('critical')).toBe('waits');
  });

  it('leave the whole limit to the highest class in use', () => {
    expect(new Bench(10, ['default', 'bulk']).askTimes(10, 'default')).not.toContain('waits');
    expect(new Bench(10, ['bulk']).askTimes(10, 'bulk')).not.toContain('waits');
    expect(new Bench(1).ask('default')).toBe('begun');
  });

  it('order the queue by class, then by arrival', async () => {
    const bench = new Bench(4, ['critical', 'default']);
    bench.askTimes(4, 'critical');
    bench.ask('default', 'default 1');
    bench.ask('default', 'default 2');
    bench.ask('critical', 'critical 1');
    await bench.free(3);
    expect(bench.begun).toEqual(['critical 1', 'default 1', 'default 2']);
  });

  it('may be lowered by a request, never raised', () => {
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

describe('the request queue', () => {
  it('holds a hundred calls, or twice the limit, and rejects further ones at once', () => {
    const bench = new Bench(4);
    expect(bench.askTimes(105)).toEqual([...Array(4).fill('begun'), ...Array(100).fill('waits'), 'refused']);
    expect(bench.limiter).toMatchObject({ inFlight: 4, waiting: 100, shed: { default: { limit: 1 } } });
    expect(new Bench(80).askTimes(241).filter(response => response === 'waits')).toHaveLength(160);
  });

  it('shrinks to half of the limit when it persists, and drops its oldest call for a newer one', async () => {
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

  it('does not count the time in which this process was blocked', async () => {
    const bench = new Bench(1);
    bench.ask();
    bench.ask('default', 'waited');
    bench.clock.stall(300);
    await bench.pass(0);
    expect(bench.refused).toEqual([]);
    await bench.free();
    expect(bench.begun).toEqual(['waited']);
  });

  it('absorbs a burst: a call waits up to 100 ms for its turn', async () => {
    const bench = new Bench(2);
    bench.askTimes(3);
    await bench.pass(95);
    expect(bench.refused).toEqual([]);
    await bench.pass(5);
    expect(bench.refused).toMatchObject([{ code: 'limit.shed', status: 503, outcome: 'ignored' }]);
    expect(bench.limiter.waiting).toBe(0);
    expect(bench.clock.waiting).toBe(0);
  });

  it('limits the wait and serves the newest first after 100 ms', async () => {
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

  it('holds no call for ever in a process that is blocked again and again', async () => {
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

  it('is left when a client disconnects, and by every call in the end', async () => {
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

  it('moves on when a call turns out to be a stream', async () => {
    const bench = new Bench(1);
    const stream = bench.limiter.acquire(exchange(), 'default') as Permit;
    bench.ask('default', 'next');
    stream.stream();
    await settled();
    expect(bench.begun).toEqual(['next']);
    expect(bench.limiter).toMatchObject({ inFlight: 1, streams: 1 });
  });
});

describe('without evidence of overload', () => {
  it('a call waits up to its own deadline, first come, first served', async () => {
    const bench = new Bench(new SetBound('open', 1));
    bench.ask();
    for (const name of ['first', 'second']) bench.ask('default', name);
    await bench.pass(60_000);
    expect(bench.refused).toEqual([]);
    await bench.free();
    await bench.free();
    expect(bench.begun).toEqual(['first', 'second']);
  });

  it('the newest goes first in a trial, since it has the most time left', async () => {
    const bench = new Bench(new SetBound('trial', 1));
    bench.ask();
    for (const name of ['first', 'second']) bench.ask('default', name);
    await bench.pass(60_000);
    await bench.free();
    expect([bench.begun, bench.refused]).toEqual([['second'], []]);
  });

  it.each(['open', 'trial'] as const)('classes order the queue and reject no call (%s)', async mode => {
    const bench = new Bench(new SetBound(mode, 10), ['critical', 'default']);
    expect(bench.askTimes(10, 'bulk')).toEqual(Array(10).fill('begun'));
    for (const priority of ['bulk', 'prefetch', 'critical', 'default'] as const) bench.ask(priority, priority);
    await bench.free(4);
    expect([bench.begun, bench.refused]).toEqual([['critical', 'default', 'prefetch', 'bulk'], []]);
  });

  it('at most 5,000 wait; then the newest of the lowest class makes room for a higher one', async () => {
    const bench = new Bench(new SetBound('open', 1), ['critical', 'default']);
    bench.ask();
    expect(new Set(bench.askTimes(5_000, 'bulk'))).toEqual(new Set(['waits']));
    expect([bench.ask('bulk'), bench.ask('critical', 'critical')]).toEqual(['refused', 'waits']);
    await bench.free();
    expect(bench.begun).toEqual(['critical']);
    expect(bench.limiter).toMatchObject({ waiting: 4_999, shed: { bulk: { ...NONE, queue_full: 2 } } });
  });

  it('a deadline that passes in the queue is a rejection by the gateway: nothing was sent', async () => {
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

  it('evidence shortens the queue: calls that have waited for long are rejected', async () => {
    const bound = new SetBound('open', 4);
    const bench = new Bench(bound);
    bench.askTimes(304);
    await bench.pass(1_000);
    bound.mode = 'held';
    await bench.pass(5);
    expect(bench.limiter).toMatchObject({ inFlight: 4, waiting: 0, shed: { default: { ...NONE, limit: 300 } } });
    expect(bound.refusals).toBe(300);
  });

  it('a call starts at once when the limit has grown', () => {
    const bound = new SetBound('open', 1);
    const bench = new Bench(bound);
    bench.ask();
    bound.waited = () => {
      bound.now = 2;
    };
    expect(bench.ask()).toBe('begun');
  });
});

describe('a rejection', () => {
  it('reuses a few errors that are made once, with different Retry-After times', () => {
    const bench = new Bench(2);
    bench.askTimes(302);
    expect(bench.limiter.shed.default).toEqual({ ...NONE, limit: 200 });
    const kinds = new Set(bench.refused as GatewayError[]);
    expect([...kinds].map(({ details }) => details.headers).sort()).toEqual(
      [1, 2, 3, 4].map(seconds => ['Retry-After', `${seconds}`]),
    );
  });

  it('applies to every call while the stream pool is full; streams do not count as calls', () => {
    const bench = new Bench(10);
    for (let i = 0; i < 2; i++) (bench.limiter.acquire(exchange(), 'default') as Permit).stream();
    expect(bench.limiter).toMatchObject({ inFlight: 0, streams: 2 });
    expect(bench.ask()).toBe('refused');
    expect(bench.limiter.release()).toBeUndefined();
  });
});

describe('an overloaded process', () => {
  it('rejects class by class, from the lowest up', () => {
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

  it('rejects no single call: a pause without waiting calls is no overload', () => {
    const bench = new Bench(100);
    bench.pressure.level = 3;
    expect(bench.askTimes(11)).toEqual([...Array(10).fill('begun'), 'refused']);
  });
});

describe('a spare permit', () => {
  it('exists only while there is plenty of room', () => {
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
