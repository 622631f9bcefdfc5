import { describe, expect, it } from 'vitest';
import { type CallOutcomeName, callOutcome } from '../../../src/core/call-outcome.ts';
import { SmoothRoundRobin } from '../../../src/service/balance/smooth-round-robin.ts';
import { groupOf, listed } from '../../support/balancing.ts';
import { FakeClock } from '../../support/clock.ts';
import { exchange } from '../../support/exchange.ts';

type Policy = Parameters<typeof groupOf>[3];

function bench(names: readonly string[], policy: Policy = {}) {
  const clock = new FakeClock();
  const balancer = groupOf(
    names.map(name => listed(name)),
    new SmoothRoundRobin(),
    clock,
    policy,
  );
  const attempts = names.map(() => balancer.pick(exchange(), []));
  // Every call reports once, and all were in flight before the first response.
  const waiting = names.map((_, index) => {
    const others = attempts.flatMap(({ target }, i) => (i === index ? [] : [target]));
    return Array.from({ length: 100 }, () => balancer.pick(exchange(), others));
  });
  const tell = (index: number, times: number, name: CallOutcomeName): void => {
    for (let i = 0; i < times; i++) waiting[index]?.pop()?.report(callOutcome(name), 1);
  };
  const picks = (count: number): string[] =>
    Array.from({ length: count }, () => balancer.pick(exchange(), []).target.origin.slice('http://'.length));
  const aside = () => balancer.targets().flatMap(each => (each.aside === undefined ? [] : [each.aside]));
  return { clock, balancer, attempts, tell, fail: (i: number, times: number) => tell(i, times, 'reset'), picks, aside };
}

describe('ejection', () => {
  it('removes a target after five failures in a row, for longer each time', () => {
    const { clock, fail, picks, balancer } = bench(['a', 'b']);
    fail(0, 4);
    expect(picks(2)).toContain('a');
    fail(0, 1);
    expect(new Set(picks(4))).toEqual(new Set(['b']));
    clock.advance(1_000);
    expect(picks(2)).toContain('a');
    fail(0, 5);
    clock.advance(1_000);
    expect(new Set(picks(4))).toEqual(new Set(['b']));
    clock.advance(1_000);
    expect(picks(2)).toContain('a');
    expect(balancer.ejections).toBe(2);
  });

  it('lasts at most the maximum time', () => {
    const { clock, fail, aside } = bench(['a', 'b'], { maxTimeMs: 3_000 });
    for (let n = 1; n <= 6; n++) {
      fail(0, 5);
      clock.advance(Math.min(n, 3) * 1_000 - 1);
      expect(aside()).toEqual(['ejected']);
      clock.advance(1);
      expect(aside()).toEqual([]);
    }
  });

  it('remembers earlier ejections over a success and forgets them in time', () => {
    const { clock, tell, fail, aside } = bench(['a', 'b']);
    fail(0, 5);
    clock.advance(1_000);
    tell(0, 1, 'answered');
    fail(0, 5);
    clock.advance(1_999);
    expect(aside()).toEqual(['ejected']);
    clock.advance(1 + 30_000);
    fail(0, 5);
    clock.advance(1_000);
    expect(aside()).toEqual([]);
  });

  it('counts only failures in a row', () => {
    const { tell, fail, picks } = bench(['a', 'b']);
    fail(0, 4);
    tell(0, 1, 'answered');
    fail(0, 4);
    expect(picks(2)).toContain('a');
  });

  it('does not count a truncated body as a success', () => {
    const { balancer, aside } = bench(['a', 'b']);
    const [, b] = balancer.targets().map(({ target }) => target);
    for (let i = 0; i < 5; i++) {
      expect(aside()).toEqual([]);
      const attempt = balancer.pick(exchange(), b === undefined ? [] : [b]);
      attempt.report(callOutcome('answered'), 1);
      attempt.report(callOutcome('truncated'), 1);
    }
    expect(aside()).toEqual(['ejected']);
  });

  it('ignores calls that were in flight when the target was ejected', () => {
    const { clock, fail, aside } = bench(['a', 'b']);
    fail(0, 5 + 10);
    clock.advance(1_000);
    fail(0, 4);
    expect(aside()).toEqual([]);
  });

  it('removes at most half of the targets: one of three, and never the only one', () => {
    for (const [count, max] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [5, 2],
    ] as const) {
      const names = Array.from({ length: count }, (_, i) => `m${i}`);
      const { fail, aside } = bench(names);
      for (const i of names.keys()) fail(i, 50);
      expect(aside()).toHaveLength(max);
    }
  });
});

describe('a target with Retry-After', () => {
  it('backs off for at most 30 s while another one is available', () => {
    const { clock, attempts, picks, aside, balancer } = bench(['a', 'b']);
    const [a, b] = attempts;
    a?.report(callOutcome('throttled'), 1, 5_000);
    expect(new Set(picks(4))).toEqual(new Set(['b']));
    expect(aside()).toEqual(['backing_off']);
    expect(balancer.hasOther(b === undefined ? [] : [b.target])).toBe(false);
    clock.advance(4_999);
    expect(new Set(picks(4))).toEqual(new Set(['b']));
    clock.advance(1);
    expect(new Set(picks(4))).toEqual(new Set(['a', 'b']));
    a?.report(callOutcome('overloaded'), 1, 3_600_000);
    a?.report(callOutcome('overloaded'), 1, 1);
    clock.advance(29_999);
    expect(aside()).toEqual(['backing_off']);
    clock.advance(1);
    expect(aside()).toEqual([]);
  });

  it('stays in use if all of them back off', () => {
    const { attempts, picks, aside } = bench(['a', 'b']);
    for (const attempt of attempts) attempt.report(callOutcome('overloaded'), 1, 5_000);
    expect(aside()).toEqual(['backing_off', 'backing_off']);
    expect(new Set(picks(4))).toEqual(new Set(['a', 'b']));
  });

  it('does not count as ejected and causes no panic', () => {
    const { attempts, fail, picks, aside } = bench(['a', 'b', 'c', 'd']);
    for (const i of [0, 1]) attempts[i]?.report(callOutcome('throttled'), 1, 5_000);
    fail(2, 5);
    expect(aside().toSorted()).toEqual(['backing_off', 'backing_off', 'ejected']);
    expect(new Set(picks(8))).toEqual(new Set(['d']));
  });
});
