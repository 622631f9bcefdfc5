import { describe, expect, it } from 'vitest';
import type { DistributedCacheLock } from '../../../../src/core/ports/distributed-lock.ts';
import type { Reply } from '../../../../src/core/reply.ts';
import { cacheBench, cacheStatusOf } from '../../../support/cache-bench.ts';
import { textOf, textReply } from '../../../support/exchange.ts';
import { MapTier } from '../../../support/map-tier.ts';

class Claims implements DistributedCacheLock {
  readonly held = new Set<string>();

  async claim(key: string): Promise<boolean> {
    if (this.held.has(key)) return false;
    this.held.add(key);
    return true;
  }

  release(key: string): void {
    this.held.delete(key);
  }
}

const turn = () => new Promise(setImmediate);

describe('two hosts with one store', () => {
  function targets() {
    const tier = new MapTier();
    const inFlightFetches = new Claims();
    const one = cacheBench({ tiers: [tier], inFlightFetches });
    const other = cacheBench({ tiers: [tier], inFlightFetches });
    return { one, other, lock: inFlightFetches };
  }

  it('send one call: the second waits for what the first stores', async () => {
    const { one, other, lock: inFlightFetches } = targets();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    one.response = () => promise;
    const first = one.ask();
    await turn();
    const second = other.ask();
    await turn();
    resolve(textReply('once'));
    expect(textOf(await first)).toBe('once');
    await turn();
    other.clock.advance(25);
    const reply = await second;
    expect(textOf(reply)).toBe('once');
    expect(cacheStatusOf(reply)).toBe('portico; fwd=uri-miss; collapsed');
    expect(other.asked).toHaveLength(0);
    expect(inFlightFetches.held.size).toBe(0);
  });

  it('send a call of their own when the other one takes too long', async () => {
    const { one, other } = targets();
    one.response = () => new Promise<Reply>(() => {});
    void one.ask();
    await turn();
    other.response = () => textReply('own');
    const second = other.ask();
    for (let i = 0; i < 41; i++) {
      await turn();
      other.clock.advance(25);
    }
    expect(textOf(await second)).toBe('own');
  });

  it('wait for no longer than half of the time of their own call, which has the rest', async () => {
    const inFlightFetches = new Claims();
    const policy = { callMs: () => 200 };
    const [one, other] = [cacheBench({ inFlightFetches, policy }), cacheBench({ inFlightFetches, policy })];
    one.response = () => new Promise<Reply>(() => {});
    void one.ask();
    await turn();
    const began = other.clock.now();
    const second = other.ask();
    for (let i = 0; i < 4; i++) {
      await turn();
      other.clock.advance(25);
    }
    expect(textOf(await second)).toBe('fresh');
    expect(other.asked.map(({ timeouts }) => timeouts?.startedAt)).toEqual([began]);
  });

  it('revalidate a no-cache response separately', async () => {
    const { one, other } = targets();
    const { promise, resolve } = Promise.withResolvers<Reply>();
    one.response = () => promise;
    const first = one.ask();
    await turn();
    other.response = () => textReply('asked about');
    const second = other.ask();
    await turn();
    resolve(textReply('once', { 'Cache-Control': 'no-cache', ETag: '"v1"' }));
    await first;
    await turn();
    other.clock.advance(25);
    expect(textOf(await second)).toBe('asked about');
  });

  it('send a call of their own when the other one got nothing shareable', async () => {
    const { one, other } = targets();
    one.response = () => textReply('mine', { 'Cache-Control': 'private' });
    await one.ask();
    other.response = one.response;
    await other.ask();
    expect(other.asked).toHaveLength(1);
  });
});
