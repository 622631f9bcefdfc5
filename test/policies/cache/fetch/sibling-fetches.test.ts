import { describe, expect, it } from 'vitest';
import type { SiblingClaim, SiblingFetches } from '../../../../src/core/ports/sibling-fetches.ts';
import { cacheBench } from '../../../support/cache-bench.ts';
import { textOf } from '../../../support/exchange.ts';

/** Other processes; the test settles each claim. */
class Siblings implements SiblingFetches {
  readonly patience: number[] = [];
  readonly #claims: ((claim: SiblingClaim) => void)[] = [];

  claim(_key: string, patienceMs: number): Promise<SiblingClaim> {
    this.patience.push(patienceMs);
    const { promise, resolve } = Promise.withResolvers<SiblingClaim>();
    this.#claims.push(resolve);
    return promise;
  }

  async settle(claim: SiblingClaim): Promise<void> {
    this.#claims.shift()?.(claim);
    await turn();
  }
}

const turn = () => new Promise(setImmediate);

function limited(callMs: number | undefined) {
  const siblings = new Siblings();
  return { siblings, bench: cacheBench({ siblings, policy: { callMs: () => callMs } }) };
}

describe('a fetch that waits for another process', () => {
  it('waits for half of the time of its own call', async () => {
    const { siblings, bench } = limited(2_000);
    const reply = bench.ask();
    expect(siblings.patience).toEqual([1_000]);
    await siblings.settle({ kind: 'alone' });
    expect(textOf(await reply)).toBe('fresh');
  });

  it('has one time for all its claims', async () => {
    const { siblings, bench } = limited(2_000);
    const reply = bench.ask();
    for (const ms of [700, 700]) {
      bench.clock.advance(ms);
      await siblings.settle({ kind: 'again' });
    }
    expect(textOf(await reply)).toBe('fresh');
    expect(siblings.patience).toEqual([1_000, 300]);
  });

  it('calls with the rest of its time', async () => {
    const { siblings, bench } = limited(2_000);
    const began = bench.clock.now();
    const reply = bench.ask();
    bench.clock.advance(900);
    await siblings.settle({ kind: 'alone' });
    await reply;
    expect(bench.asked.map(({ timeouts }) => timeouts?.startedAt)).toEqual([began]);
  });

  it('waits as long as the others let it if its call has no limit', async () => {
    const { siblings, bench } = limited(undefined);
    const reply = bench.ask();
    expect(siblings.patience).toEqual([Number.POSITIVE_INFINITY]);
    await siblings.settle({ kind: 'alone' });
    await reply;
  });
});
