import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/core/exchange.ts';
import { purge } from '../../src/middleware/purge-after-write.ts';
import { exchange, textReply } from '../support/exchange.ts';

function bench() {
  const purged: string[] = [];
  const purger = {
    purge: () => {},
    written: (tags: readonly string[], x: Exchange) => void purged.push(...tags, `address ${x.path}`),
  };
  return { purged, purger };
}

const post = exchange({ method: 'POST', path: '/carts/7' });

describe('a write', () => {
  it('purges its tags and its own address after a success, before the response is sent', async () => {
    const { purged, purger } = bench();
    for (const status of [201, 303]) await purge(['cart:7'], purger)(() => textReply('', {}, status))(post);
    expect(purged).toEqual(['cart:7', 'address /carts/7', 'cart:7', 'address /carts/7']);
  });

  it('purges nothing when it failed', async () => {
    const { purged, purger } = bench();
    for (const status of [409, 500]) await purge(['cart:7'], purger)(() => textReply('', {}, status))(post);
    const broken = purge(['cart:7'], purger)(() => Promise.reject(new Error('gone')))(post);
    await expect(broken).rejects.toMatchObject({ code: 'gateway.error' });
    expect(purged).toEqual([]);
  });

  it('is not sent if its tags cannot be computed', () => {
    const { purger } = bench();
    let sent = 0;
    const tags = () => {
      throw new Error('no such thing');
    };
    const handler = purge(
      tags,
      purger,
    )(() => {
      sent++;
      return textReply('');
    });
    expect(() => handler(post)).toThrow('no such thing');
    expect(sent).toBe(0);
  });

  it('is defined by its method: reading purges nothing', async () => {
    const { purged, purger } = bench();
    await purge(['cart:7'], purger)(() => textReply('ok'))(exchange());
    expect(purged).toEqual([]);
  });
});
