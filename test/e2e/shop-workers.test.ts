import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startShop } from '../../demo/shop.ts';
import { runPortico } from '../support/command.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORKERS = 3;

describe('the shop on several workers', () => {
  it('shows a change through one worker on every worker', async () => {
    const shop = await startShop();
    try {
      await using portico = await runPortico(['start', '--dir', ROOT, '--workers', String(WORKERS)], shop.env);
      // Each connection goes to the next worker.
      const send = (path: string, init: RequestInit = {}) =>
        fetch(portico.url + path, { ...init, headers: { ...init.headers, connection: 'close' } });
      const read = async () => {
        const response = await send('/api/cart/anna');
        const { count } = (await response.json()) as { count: number };
        return `${count} ${response.headers.get('cache-status')?.includes('hit') === true ? 'hit' : 'miss'}`;
      };
      const readOften = async () => new Set(await Promise.all(Array.from({ length: WORKERS * 4 }, read)));
      await expect.poll(readOften, { timeout: 10_000 }).toEqual(new Set(['0 hit']));
      for (let count = 1; count <= 3; count++) {
        const body = JSON.stringify({ productId: 'dusk-lamp', qty: 1 });
        const written = await send('/api/cart/anna/items', {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        });
        expect(written.status, await written.text()).toBeLessThan(300);
        await expect.poll(readOften, { timeout: 10_000 }).toEqual(new Set([`${count} hit`]));
      }
    } finally {
      await shop.close();
    }
  });
});
