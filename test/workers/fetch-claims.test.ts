import { describe, expect, it } from 'vitest';
import { CLAIM_MS, type Claimant, FetchClaims, RECENT_MS } from '../../src/workers/fetch-claims.ts';
import type { ClaimSettled } from '../../src/workers/messages.ts';
import { FakeClock } from '../support/clock.ts';

/** A worker that notes what it hears: `1 claims 0`, `2 waits`, `2 stored`, `hand over 0`. */
class FakeWorker implements Claimant {
  readonly load: number;
  heard: string[] = [];

  constructor(load = 1) {
    this.load = load;
  }

  claimed(requestId: number, claimId: number | undefined): void {
    this.heard.push(claimId === undefined ? `${requestId} waits` : `${requestId} claims ${claimId}`);
  }

  settled(requestId: number, { kind }: ClaimSettled): void {
    this.heard.push(`${requestId} ${kind}`);
  }

  handOver(claimId: number): void {
    this.heard.push(`hand over ${claimId}`);
  }
}

const ENTRIES = [{ key: 'k', base64: '' }];

function cluster() {
  const clock = new FakeClock();
  const claims = new FetchClaims(clock);
  const [a, b, c] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
  return { clock, claims, a, b, c };
}

describe('the claims of workers', () => {
  it('let one fetch and hand over to those that wait', () => {
    const { claims, a, b, c } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(b, 2, 'k');
    claims.claim(c, 3, 'k');
    claims.claim(c, 4, 'other');
    claims.over(a, 0, 'stored');
    claims.handed(a, 0, ENTRIES);
    expect(a.heard).toEqual(['1 claims 0', 'hand over 0']);
    expect(b.heard).toEqual(['2 waits', '2 stored']);
    expect(c.heard).toEqual(['3 waits', '4 claims 1', '3 stored']);
  });

  it('request nothing of a worker for which nobody waits', () => {
    const { claims, a } = cluster();
    claims.claim(a, 1, 'k');
    claims.over(a, 0, 'stored');
    expect(a.heard).toEqual(['1 claims 0']);
  });

  it('serve a worker that comes shortly after the fetch, and no later', () => {
    const { clock, claims, a, b, c } = cluster();
    claims.claim(a, 1, 'k');
    claims.over(a, 0, 'stored');
    claims.claim(b, 2, 'k');
    claims.handed(a, 0, ENTRIES);
    clock.advance(RECENT_MS);
    claims.claim(c, 3, 'k');
    expect([...b.heard, ...c.heard]).toEqual(['2 waits', '2 stored', '3 claims 1']);
  });

  it.each([
    ['nothing', 'alone'],
    ['unshared', 'unshared'],
  ] as const)('let all others go at once for a response that is not handed over: %s', (result, kind) => {
    const { claims, a, b, c } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(b, 2, 'k');
    claims.claim(c, 3, 'k');
    claims.over(a, 0, result);
    expect([...b.heard, ...c.heard]).toEqual(['2 waits', `2 ${kind}`, '3 waits', `3 ${kind}`]);
    expect(claims.size).toBe(0);
  });

  it('let others go if the entry is gone when it is to be handed over', () => {
    const { claims, a, b } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(b, 2, 'k');
    claims.over(a, 0, 'stored');
    claims.handed(a, 0, undefined);
    expect(b.heard).toEqual(['2 waits', '2 alone']);
  });

  it('let others go when the worker dies, also while it hands over', () => {
    const { claims, a, b } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(a, 2, 'l');
    claims.claim(b, 3, 'k');
    claims.claim(b, 4, 'l');
    claims.over(a, 1, 'stored');
    claims.gone(a);
    expect(b.heard).toEqual(['3 waits', '4 waits', '3 alone', '4 alone']);
    expect(claims.size).toBe(0);
  });

  it('let nobody wait for a fetch that began before a purge', () => {
    const { claims, a, b, c } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(b, 2, 'k');
    claims.purged();
    claims.claim(b, 3, 'k');
    claims.over(a, 0, 'stored');
    claims.claim(c, 4, 'k');
    claims.over(b, 1, 'stored');
    expect(a.heard).toEqual(['1 claims 0']);
    expect(b.heard).toEqual(['2 waits', '2 again', '3 claims 1', 'hand over 1']);
    expect(c.heard).toEqual(['4 waits']);
  });

  it('let nobody wait for what was fetched before a purge', () => {
    const { claims, a, b } = cluster();
    claims.claim(a, 1, 'k');
    claims.over(a, 0, 'stored');
    claims.purged();
    claims.claim(b, 2, 'k');
    expect(b.heard).toEqual(['2 claims 1']);
  });

  it('let nobody wait for a fetch that takes too long, and forget it', () => {
    const { clock, claims, a, b } = cluster();
    claims.claim(a, 1, 'k');
    clock.advance(CLAIM_MS);
    claims.claim(b, 2, 'k');
    expect(b.heard).toEqual(['2 claims 1']);
    claims.over(a, 0, 'stored');
    expect(a.heard).toEqual(['1 claims 0']);
    expect(claims.size).toBe(1);
  });

  it('forget what is stored although slow fetches are older', () => {
    const { clock, claims, a } = cluster();
    for (let i = 0; i < 4; i++) claims.claim(a, i, `slow ${i}`);
    for (let i = 4; i < 15_000; i++) {
      claims.claim(a, i, `fast ${i}`);
      claims.over(a, i, 'stored');
      // 3,300 in a second, for less time than a claim lasts.
      if (i % 10 === 0) clock.advance(3);
    }
    expect(a.heard.filter(line => line.endsWith('alone'))).toEqual([]);
    expect(claims.size).toBeLessThan(4_000);
  });

  it('forget slow fetches although stored ones are newer', () => {
    const { clock, claims, a } = cluster();
    for (let i = 0; i < 4; i++) claims.claim(a, i, `slow ${i}`);
    clock.advance(CLAIM_MS);
    claims.claim(a, 4, 'fast');
    claims.over(a, 4, 'stored');
    claims.claim(a, 5, 'next');
    expect(claims.size).toBe(2);
  });

  it('are not shared with workers of another load of the routes', () => {
    const { claims, a } = cluster();
    const newer = new FakeWorker(2);
    claims.claim(a, 1, 'k');
    claims.claim(newer, 2, 'k');
    expect(newer.heard).toEqual(['2 claims 1']);
  });

  it('believe only the worker that has the claim', () => {
    const { claims, a, b, c } = cluster();
    claims.claim(a, 1, 'k');
    claims.claim(b, 2, 'k');
    claims.over(c, 0, 'nothing');
    claims.handed(c, 0, ENTRIES);
    claims.over(a, 7, 'nothing');
    expect(b.heard).toEqual(['2 waits']);
  });

  it('are limited in number, and so are the entries on their way', () => {
    const { claims, a, b } = cluster();
    for (let i = 0; i < 10_001; i++) claims.claim(a, i, `${i}`);
    expect(a.heard.at(-1)).toBe('10000 alone');
    expect(claims.size).toBe(10_000);
    for (let i = 0; i < 33; i++) {
      claims.claim(b, i, `${i}`);
      claims.over(a, i, 'stored');
    }
    expect(a.heard.filter(line => line.startsWith('hand over'))).toHaveLength(32);
    expect(b.heard.at(-1)).toBe('32 alone');
  });
});
