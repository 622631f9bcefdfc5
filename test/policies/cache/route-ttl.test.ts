import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheBench, cacheStatusOf } from '../../support/cache-bench.ts';
import { exchange, textReply } from '../../support/exchange.ts';

const dates = fc.oneof(
  fc.integer({ min: -10_000_000, max: 10_000_000 }).map(seconds => seconds * 1000),
  fc.constant(undefined),
);

describe('the ttl of a route', () => {
  it('counts from the arrival of the response, independent of its Date', async () => {
    await fc.assert(
      fc.asyncProperty(dates, fc.boolean(), fc.option(fc.nat(100_000)), async (offMs, overrides, age) => {
        const made = cacheBench({ policy: { ttlMs: 30_000, ttlOverrides: overrides } });
        made.response = () => {
          const date = offMs === undefined ? {} : { Date: new Date(made.clock.wall() + offMs).toUTCString() };
          const said = overrides ? { 'Cache-Control': 'max-age=1' } : {};
          return textReply('fresh', { ...date, ...said, ...(age === null ? {} : { Age: String(age) }) });
        };
        await made.ask();
        made.clock.advance(29_000);
        expect(cacheStatusOf(await made.ask())).toBe('portico; hit; ttl=1');
        made.clock.advance(1_500);
        await made.ask();
        expect(made.asked).toHaveLength(2);
      }),
    );
  });

  it('leaves the max-age of a backend alone, which counts from Date and Age', async () => {
    for (const fields of [(now: number) => ({ Date: new Date(now - 100_000).toUTCString() }), () => ({ Age: '100' })]) {
      const made = cacheBench({ policy: { ttlMs: 30_000 } });
      made.response = () => textReply('old', { 'Cache-Control': 'max-age=60', ...fields(made.clock.wall()) });
      await made.ask();
      await made.ask(exchange());
      expect(made.asked).toHaveLength(2);
    }
  });
});
