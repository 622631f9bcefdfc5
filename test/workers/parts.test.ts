import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, EVERYTHING, tagTarget } from '../../src/core/purge.ts';
import { HalfOpenGate } from '../../src/policies/cache/storage/half-open-gate.ts';
import { PurgeClock } from '../../src/policies/cache/storage/purge-clock.ts';
import { PurgeLogReplica, type PurgeLogRow } from '../../src/policies/cache/storage/redis/purge-log-replica.ts';
import { WriteQueue } from '../../src/policies/cache/storage/write-queue.ts';
import { tagged } from '../support/labels.ts';

describe('a half-open gate', () => {
  it('stops after several failures in a row and probes once after a while', () => {
    const probation = new HalfOpenGate(3, 1_000);
    for (let i = 0; i < 2; i++) probation.failed(0);
    probation.succeeded();
    for (let i = 0; i < 3; i++) {
      expect(probation.mayAsk(0)).toBe(true);
      probation.failed(0);
    }
    expect(probation.mayAsk(999)).toBe(false);
    expect([probation.mayAsk(1_000), probation.mayAsk(1_001)]).toEqual([true, false]);
    probation.failed(1_010);
    expect([probation.mayAsk(2_000), probation.mayAsk(2_010)]).toEqual([false, true]);
    probation.succeeded();
    expect([probation.mayAsk(2_011), probation.mayAsk(2_012)]).toEqual([true, true]);
  });
});

describe('a write queue', () => {
  it('keeps the latest value of each key and drops the oldest beyond its byte limit', () => {
    const queue = new WriteQueue<{ bytes: number; name: string }>(100);
    queue.add('a', { bytes: 40, name: 'a1' });
    queue.add('b', { bytes: 40, name: 'b1' });
    queue.add('a', { bytes: 40, name: 'a2' });
    queue.add('c', { bytes: 30, name: 'c1' });
    queue.add('huge', { bytes: 101, name: 'huge' });
    expect(queue).toMatchObject({ bytes: 70, size: 2 });
    expect(queue.take(40, 9).map(([, { name }]) => name)).toEqual(['a2']);
    expect(queue.take(1, 9).map(([, { name }]) => name)).toEqual(['c1']);
    expect(queue).toMatchObject({ bytes: 0, size: 0 });
  });
});

describe('purge positions', () => {
  it('order own purges at once and those of others when they arrive', () => {
    const purgePositions = new PurgeClock();
    const first = purgePositions.now();
    purgePositions.heard(7);
    purgePositions.heard(5);
    expect(purgePositions.purged()).toBe(1);
    expect(purgePositions.at(first)).toEqual({ epoch: 0, own: 0 });
    expect(purgePositions.at(purgePositions.now())).toEqual({ epoch: 7, own: 1 });
    for (let i = 0; i < 20_000; i++) purgePositions.purged();
    expect(purgePositions.at(first)).toBeUndefined();
  });
});

describe('a replica of the purge log', () => {
  const tag = fc.constantFrom(...['a', 'b', 'c'].map(tagTarget), EVERYTHING);
  const origin = fc.constantFrom('x', 'y');
  const kind = fc.constantFrom('hard' as const, 'soft' as const);

  it('gives the result of a full scan, or a stricter one for forgotten purges', () => {
    const purges = fc.array(fc.record({ kind, target: tag, origin }), { maxLength: 30 });
    fc.assert(
      fc.property(purges, fc.nat(30), origin, fc.subarray(['a', 'b', 'c']), (made, at, by, tags) => {
        const rows = made.map(({ kind, target, origin }, i): PurgeLogRow => {
          const own = made.slice(0, i + 1).filter(each => each.origin === origin).length;
          return { epoch: i + 1, purge: { kind, targets: [target] }, origin, own };
        });
        const asked = { epoch: at, own: rows.slice(0, at).filter(row => row.origin === by).length, origin: by };
        const since = rows
          .slice(at)
          .filter(({ purge }) => purge.targets.some(target => covers(target, tagged(...tags))))
          .map(({ purge }) => purge.kind);
        const expected = since.includes('hard') ? 'hard' : since[0];
        const [whole, short] = [new PurgeLogReplica(100), new PurgeLogReplica(10)];
        for (const mirror of [whole, short]) for (const row of rows) mirror.add(row);
        expect(whole.since(asked, tagged(...tags))).toBe(expected);
        expect([expected, 'hard']).toContain(short.since(asked, tagged(...tags)));
      }),
    );
  });
});
