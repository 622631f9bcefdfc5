import { describe, expect, it } from 'vitest';
import { QueuePosition } from '../../../../src/policies/cache/storage/fifo-queue.ts';
import { S3Fifo } from '../../../../src/policies/cache/storage/s3-fifo.ts';

/** A policy with room for ten entries, one of them in the small queue; an entry beyond that evicts others. */
function policyOfTen() {
  const policy = new S3Fifo<string>(10);
  const places = new Map<string, QueuePosition<string>>();
  const left: string[] = [];
  return {
    policy,
    left,
    add(...keys: readonly string[]) {
      for (const key of keys) {
        const place = new QueuePosition(key, key, 1, 0);
        places.set(key, place);
        if (policy.bytes === 10) left.push(policy.evict()?.key ?? 'nobody');
        policy.add(place);
      }
    },
    hit(key: string, times: number) {
      const place = places.get(key);
      for (let i = 0; i < times && place !== undefined; i++) policy.hit(place);
    },
  };
}

const letters = [...'abcdefghij'];

describe('S3-FIFO', () => {
  it('evicts new entries in their order if they were not requested', () => {
    const ten = policyOfTen();
    ten.add(...letters, 'k', 'l');
    expect(ten.left).toEqual(['a', 'b']);
  });

  it('promotes an entry that was requested twice to the main queue, where new ones do not evict it', () => {
    const ten = policyOfTen();
    ten.add(...letters);
    ten.hit('a', 2);
    ten.hit('b', 1);
    ten.add('k');
    for (let i = 0; i < 50; i++) ten.add(`once ${i}`);
    expect(ten.left.slice(0, 2)).toEqual(['b', 'c']);
    expect(ten.left).not.toContain('a');
  });

  it('puts an entry that returns soon into the main queue at once', () => {
    const ten = policyOfTen();
    ten.add(...letters);
    ten.hit('a', 2);
    ten.hit('c', 2);
    ten.add('k', 'b');
    for (let i = 0; i < 50; i++) ten.add(`once ${i}`);
    expect(ten.left.filter(key => key === 'b')).toHaveLength(1);
  });

  it('forgets entries that were evicted long ago', () => {
    const ten = policyOfTen();
    ten.add(...letters);
    ten.hit('a', 2);
    for (let i = 0; i < 50; i++) ten.add(`once ${i}`);
    ten.add('b');
    for (let i = 50; i < 100; i++) ten.add(`once ${i}`);
    expect(ten.left.filter(key => key === 'b')).toHaveLength(2);
  });

  it('gives an entry in the main queue one more round for each hit, three at most', () => {
    const policy = new S3Fifo<string>(2);
    const [often, seldom] = ['often', 'seldom'].map(key => new QueuePosition(key, key, 1, 0));
    for (const place of [often, seldom]) {
      if (place === undefined) continue;
      policy.add(place);
      for (let i = 0; i < 3; i++) policy.hit(place);
    }
    const newcomer = new QueuePosition('newcomer', '', 1, 0);
    policy.add(newcomer);
    expect(policy.evict()).toBe(newcomer);
    if (often !== undefined) for (let i = 0; i < 100; i++) policy.hit(often);
    expect([policy.evict()?.key, policy.evict()?.key, policy.evict()]).toEqual(['seldom', 'often', undefined]);
  });

  it('counts bytes and visits everything once', () => {
    const policy = new S3Fifo<string>(100);
    const places = letters.map((key, i) => new QueuePosition(key, key, i, 0));
    for (const place of places) policy.add(place);
    expect(policy).toMatchObject({ bytes: 45, size: 10 });
    const seen: string[] = [];
    for (let place = policy.first; place !== undefined; place = policy.next(place)) seen.push(place.key);
    expect(seen).toEqual(letters);
    for (const place of places) policy.remove(place);
    expect(policy).toMatchObject({ bytes: 0, size: 0, first: undefined });
  });
});
