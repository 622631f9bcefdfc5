import { describe, expect, it } from 'vitest';
import { finding } from '../../../src/core/outcome.ts';
import type { Permit, Sample } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimiter } from '../../../src/service/limit/adaptive-limiter.ts';
import { Chance } from '../../support/chance.ts';

/** A service under a limit of its own, asked by hand: `calls` at once, each of which takes `ms`, for some seconds. */
class Asked {
  readonly limiter: AdaptiveLimiter;
  #now = 0;

  constructor(mostStreams = 10) {
    const chance = new Chance(1);
    this.limiter = new AdaptiveLimiter('catalog', mostStreams, () => chance.next());
  }

  for(seconds: number, calls: number, ms: number, sample: Partial<Sample> = {}): number {
    for (const end = this.#now + seconds * 1000; this.#now < end; ) {
      const permits = this.start(calls);
      this.#now += ms;
      for (const permit of permits) {
        permit.settle({ finding: finding('answered'), headMs: ms, at: this.#now, ...sample });
        permit.release();
      }
    }
    return this.limiter.limit;
  }

  start(calls: number): Permit[] {
    const permits: Permit[] = [];
    for (let i = 0; i < calls; i++) {
      try {
        permits.push(this.limiter.acquire());
      } catch {}
    }
    return permits;
  }
}

const FAILED = { finding: finding('late') };

describe('an adaptive limit', () => {
  it('starts at 20 and grows while more are asked for and times stay', () => {
    const service = new Asked();
    expect(service.limiter.limit).toBe(20);
    expect(service.for(3, 200, 20)).toBeGreaterThan(100);
    expect(service.for(5, 1_200, 20)).toBe(1_000);
  });

  it('keeps above what is needed, and no further', () => {
    const service = new Asked();
    const limit = service.for(60, 30, 20);
    expect(limit).toBeGreaterThanOrEqual(60);
    expect(limit).toBeLessThanOrEqual(64);
  });

  it('falls when times rise while it holds calls back', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    expect(service.for(2, 200, 60)).toBeLessThan(before / 2);
  });

  it('does not fall when times rise and it holds nobody back', () => {
    const service = new Asked();
    const before = service.for(5, 30, 20);
    expect(service.for(20, 30, 400)).toBeGreaterThanOrEqual(before);
  });

  it('falls with drops, whatever the times say, and never below 4', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    expect(service.for(0.5, 40, 20, FAILED)).toBeLessThan(before);
    expect(service.for(20, 40, 20, FAILED)).toBe(4);
  });

  it('is soon back after an outage', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    service.for(10, 40, 20, FAILED);
    expect(service.for(5, 40, 20)).toBeGreaterThan(before / 2);
  });

  it('learns nothing from clients that left', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    expect(service.for(5, 200, 900, { finding: finding('left') })).toBe(before);
  });

  it('looks now and then, at fewer calls, whether the service became slower by itself', () => {
    const service = new Asked();
    service.for(5, 40, 20);
    const fallen = service.for(1, 100, 60);
    expect(service.for(40, 100, 60)).toBeGreaterThan(fallen);
  });
});

describe('what an adaptive limit refuses', () => {
  it('is one of a few failures made once, told to come back at different times', () => {
    const { limiter, start } = bind(new Asked());
    start(20);
    const refusals = new Set<unknown>();
    for (let i = 0; i < 200; i++) {
      try {
        limiter.acquire();
      } catch (refusal) {
        refusals.add(refusal);
      }
    }
    expect(limiter.shed).toBe(200);
    expect([...refusals]).toHaveLength(4);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'limit.shed', outcome: 'ignored' });
    const times = [...refusals].map(refusal => (refusal as { details: { headers: string[] } }).details.headers[1]);
    expect(times.sort()).toEqual(['1', '2', '3', '4']);
  });

  it('is everything while the pool of streams is full; streams are no calls', () => {
    const { limiter, start } = bind(new Asked(2));
    for (const permit of start(2)) permit.stream();
    expect(limiter).toMatchObject({ inFlight: 0, streams: 2 });
    expect(start(1)).toHaveLength(0);
  });
});

function bind(asked: Asked): { limiter: AdaptiveLimiter; start: Asked['start'] } {
  return { limiter: asked.limiter, start: calls => asked.start(calls) };
}
