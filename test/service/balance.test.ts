import { describe, expect, it } from 'vitest';
import { type FindingName, finding } from '../../src/core/outcome.ts';
import type { Target } from '../../src/core/ports/transport.ts';
import { RoundRobin } from '../../src/service/balance.ts';
import { FakeClock } from '../support/clock.ts';
import { exchange } from '../support/exchange.ts';

const POLICY = { failures: 5, firstMs: 1_000, longestMs: 30_000, mostShare: 0.5, panicShare: 0.5 };
const target = (name: string): Target => ({ origin: `http://${name}`, base: '' });

function bench(...names: string[]) {
  const clock = new FakeClock();
  const targets = names.map(target);
  const balancer = new RoundRobin(targets, POLICY, clock);
  const attempts = targets.map((_, i) => balancer.pick(exchange(), targets.slice(0, i)));
  const tell = (index: number, times: number, name: FindingName): void => {
    for (let i = 0; i < times; i++) attempts[index]?.report(finding(name), 1);
  };
  const picks = (count: number): string[] =>
    Array.from({ length: count }, () => balancer.pick(exchange(), []).target.origin.slice('http://'.length));
  return { clock, targets, balancer, fail: (i: number, times: number) => tell(i, times, 'reset'), tell, picks };
}

describe('round robin', () => {
  it('takes each machine in turn', () => {
    expect(bench('a', 'b', 'c').picks(6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('prefers a machine that was not tried', () => {
    const { balancer, targets } = bench('a', 'b');
    const [a] = targets;
    expect(balancer.pick(exchange(), a === undefined ? [] : [a]).target.origin).toBe('http://b');
  });

  it('sets a machine aside after five failures in a row, for longer each time', () => {
    const { clock, fail, picks } = bench('a', 'b');
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
  });

  it('counts failures in a row only', () => {
    const { tell, fail, picks } = bench('a', 'b');
    fail(0, 4);
    tell(0, 1, 'answered');
    fail(0, 4);
    expect(picks(2)).toContain('a');
  });

  it('is moved by nothing that says nothing', () => {
    const { tell, picks } = bench('a', 'b');
    tell(0, 20, 'left');
    expect(picks(2)).toContain('a');
  });

  it('sets aside half of the machines at most', () => {
    const { fail, balancer } = bench('a', 'b', 'c', 'd');
    for (const index of [0, 1, 2, 3]) fail(index, 5);
    expect(balancer.targets().filter(({ aside }) => aside === 'ejected')).toHaveLength(2);
  });

  it('never sets the only machine aside', () => {
    const { fail, picks } = bench('a');
    fail(0, 50);
    expect(picks(1)).toEqual(['a']);
  });
});
