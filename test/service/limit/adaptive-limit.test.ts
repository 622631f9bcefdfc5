import { describe, expect, it } from 'vitest';
import { finding } from '../../../src/core/outcome.ts';
import type { Sample } from '../../../src/core/ports/limiter.ts';
import { AdaptiveLimit } from '../../../src/service/limit/adaptive-limit.ts';
import { Chance } from '../../support/chance.ts';

/** A service under a limit of its own, asked by hand: `calls` at once, each of which takes `ms`, for some seconds. */
class Asked {
  readonly limit: AdaptiveLimit;
  #now = 0;

  constructor() {
    const chance = new Chance(1);
    this.limit = new AdaptiveLimit(() => chance.next());
  }

  for(seconds: number, calls: number, ms: number, sample: Partial<Sample> = {}): number {
    for (const end = this.#now + seconds * 1000; this.#now < end; ) {
      const begun = Math.min(calls, this.limit.now);
      for (let i = 1; i <= calls; i++) {
        if (i <= begun) this.limit.acquired(i);
        else this.limit.refused();
      }
      this.#now += ms;
      for (let i = 0; i < begun; i++) {
        this.limit.settled({ finding: finding('answered'), headMs: ms, at: this.#now, ...sample });
      }
    }
    return this.limit.now;
  }
}

const FAILED = { finding: finding('late') };

describe('an adaptive limit', () => {
  it('starts at 20 and grows while more are asked for and times stay', () => {
    const service = new Asked();
    expect(service.limit.now).toBe(20);
    expect(service.for(3, 200, 20)).toBeGreaterThan(100);
    expect(service.for(5, 1_200, 20)).toBe(1_000);
  });

  it('starts where another process has left it, as far as that is a limit', () => {
    const startAt = (start: number): number => new AdaptiveLimit(() => 0.5, start).now;
    expect([150, 6, 0, 1e9].map(startAt)).toEqual([150, 6, 2, 1_000]);
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

  it('falls with drops, whatever the times say, and never below 2', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    expect(service.for(0.5, 40, 20, FAILED)).toBeLessThan(before);
    expect(service.for(20, 40, 20, FAILED)).toBe(2);
  });

  it('falls with answers of 429, but leaves others their room: they may be one client over its quota', () => {
    const service = new Asked();
    const before = service.for(5, 40, 20);
    expect(service.for(20, 40, 20, { finding: finding('throttled') })).toBe(10);
    expect(before).toBeGreaterThan(10);
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
    const fallen = service.for(1, 400, 60);
    expect(service.for(40, 400, 60)).toBeGreaterThan(fallen);
  });
});
