import { describe, expect, it } from 'vitest';
import { type CallOutcomeName, callOutcome } from '../../../src/core/call-outcome.ts';
import type { LimitMode } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimit } from '../../../src/service/limit/adaptive-limit.ts';
import { Chance } from '../../support/chance.ts';
import { HEALTHY } from '../../support/limit-world/healthy.ts';
import { OVERLOADS } from '../../support/limit-world/overload.ts';
import { simulate, type World } from '../../support/limit-world/world.ts';
import { limiterWithin } from '../../support/limiter.ts';

/** A limit whose events are given by hand. */
class Told {
  readonly limit: AdaptiveLimit;
  now = 1_000_000;

  constructor(...learned: ConstructorParameters<typeof AdaptiveLimit> extends [unknown, ...infer Rest] ? Rest : never) {
    this.limit = new AdaptiveLimit(() => 0.5, ...learned);
  }

  /** Repeats calls of one duration, all of them at once, for the given seconds. */
  answered(seconds: number, calls: number, ms: number, name: CallOutcomeName = 'answered'): this {
    for (const end = this.now + seconds * 1_000; this.now < end; ) {
      for (let i = 1; i <= calls; i++) this.limit.acquired(i);
      this.now += ms;
      for (let i = 0; i < calls; i++) {
        this.limit.settled({ finding: callOutcome(name), headersMs: ms, at: this.now });
      }
    }
    return this;
  }

  /** The same calls, that many times, while others wait. */
  crowded(times: number, calls: number, ms: number): this {
    this.limit.waited({ at: this.now, isFirst: true });
    for (let i = 0; i < times && this.limit.mode === 'open'; i++) {
      this.limit.waited({ at: this.now + ms, isFirst: false });
      this.answered(ms / 1_000, calls, ms);
    }
    return this;
  }

  /** Calls wait for that many milliseconds and nothing completes. */
  waits(ms: number): this {
    for (let passed = 0; passed < ms; passed += 5) {
      this.limit.waited({ at: this.now, isFirst: passed === 0 });
      this.now += 5;
    }
    this.limit.waited({ at: this.now, isFirst: false });
    return this;
  }
}

/** The modes of a limit with their start times, and the final limit. */
async function modesOf(scenario: Omit<World, 'limiter' | 'chance'>) {
  const chance = new Chance(1);
  const limit = new AdaptiveLimit(() => chance.next());
  const modes: { readonly mode: LimitMode; readonly atMs: number }[] = [{ mode: 'open', atMs: 0 }];
  await simulate({
    ...scenario,
    chance,
    limiter: clock => limiterWithin(limit, { clock, chance: () => chance.next() }),
    watch: atMs => {
      if (modes.at(-1)?.mode !== limit.mode) modes.push({ mode: limit.mode, atMs });
    },
  });
  return { modes, limit };
}

describe('an open limit', () => {
  it('begins at 32 and keeps twice the recent calls as a reserve', () => {
    const headers = new Told();
    expect(headers.limit).toMatchObject({ mode: 'open', now: 32 });
    expect(headers.answered(5, 100, 20).limit.now).toBe(200);
  });

  it('grows up to 256 while calls wait and nothing completes', () => {
    expect(new Told().waits(75).limit.now).toBe(Math.floor(32 * Math.E));
    expect(new Told().waits(10_000).limit.now).toBe(256);
  });

  it('grows up to 1,000 with each good response while calls wait', () => {
    const headers = new Told().waits(10).answered(0.02, 10, 1);
    const before = headers.limit.now;
    headers.limit.waited({ at: headers.now, isFirst: false });
    headers.limit.settled({ finding: callOutcome('answered'), headersMs: 1, at: headers.now });
    expect(headers.limit.now).toBe(before + 2);
  });

  it('becomes held as soon as more than 5 % of the calls are dropped', () => {
    const headers = new Told().answered(5, 100, 20);
    expect(headers.answered(0.2, 100, 20, 'timeout').limit.mode).toBe('held');
  });

  it('tolerates a few 503 and reacts to many', () => {
    const headers = new Told();
    for (let i = 0; i < 20; i++) headers.answered(0.02, 9, 20).answered(0.02, 1, 20, 'overloaded');
    expect(headers.limit.mode).toBe('open');
    for (let i = 0; i < 20; i++) headers.answered(0.02, 5, 20).answered(0.02, 5, 20, 'overloaded');
    expect(headers.limit.mode).toBe('held');
  });

  it('ignores clients that disconnected', () => {
    const headers = new Told().answered(5, 40, 20);
    const { learned, now } = headers.limit;
    expect(headers.answered(5, 40, 900, 'client_disconnected').limit).toMatchObject({
      learned: learned,
      now,
      mode: 'open',
    });
  });

  it('tolerates a slower service while no call waits', () => {
    expect(new Told().answered(5, 30, 20).answered(20, 30, 400).limit.mode).toBe('open');
  });
});

describe('a trial', () => {
  it.each([
    { waits: 0, ends: 'open' },
    { waits: 5, ends: 'held' },
  ] as const)('proves nothing without a call that waited ($ends)', ({ waits, ends }) => {
    const told = new Told().answered(5, 20, 10).crowded(4, 20, 40);
    expect(told.limit.mode).toBe('trial');
    if (waits > 0) told.waits(waits);
    expect(told.answered(0.2, 20, 10).limit.mode).toBe(ends);
  });

  it('precedes the held mode, and the limit opens again after the overload', async () => {
    const { modes } = await modesOf(named(OVERLOADS, 'ten times the load, warm').make());
    expect(modes.map(({ mode }) => mode)).toEqual(['open', 'trial', 'held', 'open']);
  });

  it('ends when traffic stops, and leaves the limit open', async () => {
    const scenario = named(HEALTHY, 'traffic that stops in the middle of a trial');
    const { modes, limit } = await modesOf({ ...scenario, backend: scenario.backend() });
    expect(modes.map(({ mode }) => mode)).toContain('trial');
    expect(modes.map(({ mode }) => mode)).not.toContain('held');
    expect(limit).toMatchObject({ mode: 'open' });
  });
});

describe('a held limit', () => {
  const LEARNT = { usualMs: 20, meanMs: 20, rate: 2, held: true };
  const held = () => new Told(LEARNT, 1_000_000);

  it('falls with drops to no less than 2; after a 429 it leaves room for other clients', () => {
    expect(held().answered(20, 40, 20, 'timeout').limit.now).toBe(2);
    expect(held().answered(20, 40, 20, 'throttled').limit.now).toBe(10);
  });

  it('opens after two seconds in which no call had to wait', () => {
    const headers = held();
    expect(headers.answered(1.9, 10, 20).limit.mode).toBe('held');
    expect(headers.answered(3, 10, 20).limit.mode).toBe('open');
  });

  it('opens when nothing completes: long polls may hold all permits', () => {
    expect(held().waits(4_000).limit.mode).toBe('held');
    expect(held().waits(6_000).limit.mode).toBe('open');
  });
});

describe('the learned limit of another process', () => {
  it('is the start value of an open limit', () => {
    expect(new Told({ usualMs: 20, meanMs: 50, rate: 2, held: false }).limit).toMatchObject({ mode: 'open', now: 200 });
  });

  it('counts as evidence of overload', () => {
    expect(new Told({ usualMs: 20, meanMs: 50, rate: 2, held: true }).limit).toMatchObject({ mode: 'held', now: 100 });
  });

  it('is published once it is known', () => {
    const headers = new Told();
    expect(headers.limit.learned).toBeUndefined();
    expect(headers.answered(5, 40, 20).limit.learned).toMatchObject({
      usualMs: expect.closeTo(20),
      meanMs: 20,
      held: false,
    });
  });
});

function named<T>(scenarios: Readonly<Record<string, T>>, name: string): T {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new RangeError(`there is no scenario "${name}"`);
  return scenario;
}
