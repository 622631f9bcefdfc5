import { fileURLToPath } from 'node:url';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { startShop } from '../../demo/shop.ts';
import { createGateway } from '../../src/gateway.ts';
import { testResources } from '../support/resources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { own } = testResources();

/** The shop with its own routes, and its backends. */
async function open() {
  const shop = await startShop();
  Object.assign(process.env, shop.env);
  const gateway = await createGateway({ dir: ROOT, logLevel: 'silent' });
  const address = await gateway.listen({ port: 0 });
  own({
    async [Symbol.asyncDispose]() {
      await gateway.close({ graceMs: 0 });
      await shop.close();
    },
  });
  const url = typeof address === 'object' && address !== null && 'port' in address ? address.port : 0;
  const seenBy = (name: string) => shop.backends.get(name)?.requests.map(each => each.url) ?? [];
  return { shop, seenBy, page: (id: string) => request(`http://127.0.0.1:${url}`).get(`/api/product-page/${id}`) };
}

describe('the product page of the shop', () => {
  it('is one response of a required, an optional, a dependent and a batched part, and is stored as one', async () => {
    const { page, seenBy } = await open();
    const { body } = await page('ember-teapot').set('Cookie', 'visitor=1').expect(200);
    expect(body).toMatchObject({
      product: { id: 'ember-teapot' },
      inStock: 14,
      seller: { name: 'Kiln & Kettle' },
      goesWith: [
        { id: 'dusk-lamp', inStock: 6 },
        { id: 'milking-stool', inStock: 9 },
        { id: 'bud-vase', inStock: 31 },
      ],
    });
    const again = await page('ember-teapot').set('Cookie', 'visitor=2').expect(200);
    expect(again.headers['cache-status']).toContain('hit');
    expect(again.body).toEqual(body);
    expect(seenBy('sellers')).toEqual(['/sellers/kiln-and-kettle']);
    // Two of the three products beside the next one are known by now.
    await page('dusk-lamp').expect(200);
    expect(seenBy('stock').filter(url => url.includes('ids='))).toEqual([
      '/stock?ids=dusk-lamp%2Cmilking-stool%2Cbud-vase',
      '/stock?ids=mantel-clock',
    ]);
  });

  it('comes without stock and with a fallback of its seller, and is not stored like that', async () => {
    const { page, shop } = await open();
    await shop.backends.get('stock')?.become('failing');
    await shop.backends.get('sellers')?.become('dead');
    const { body, headers } = await page('bud-vase').expect(200);
    expect(body).toMatchObject({ inStock: null, seller: { name: 'A maker we know' } });
    expect(body.goesWith.map(({ inStock }: { inStock: unknown }) => inStock)).toEqual([null, null, null]);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['portico-parts']).toMatch(
      /^(?=.*stock;absent=status)(?=.*stockBeside;absent=)(?=.*seller;fallback)/,
    );
    await shop.backends.get('stock')?.become('ok');
    expect((await page('bud-vase').expect(200)).body.inStock).toBe(31);
  });
});
