import { defineRoute } from 'portico';
import { catalog, sellers, stock } from '#services';
import { Product } from '../../../schemas/shop/product.ts';
import { ProductPage, Seller, Stock, StockOfProduct } from '../../../schemas/shop/product-page.ts';

export default defineRoute('/api/product-page/[id]', {
  response: ProductPage,
  timeout: '1500ms',
  // All of the page, for a moment; one without its stock is not stored. Browsers load it again each time.
  cache: { ttl: '3s', browser: '0s', tags: c => [`product:${c.params.id}`] },
  aggregate: {
    product: {
      from: c => catalog`/v2/items/${c.params.id}`,
      response: Product,
      cache: { ttl: '1m', staleIfError: '1h', tags: c => ['products', `product:${c.params.id}`] },
      timeout: '800ms',
    },
    // Without it the page says that the stock is unknown.
    stock: {
      from: c => stock`/stock/${c.params.id}`,
      response: Stock,
      optional: true,
      timeout: '300ms',
    },
    seller: {
      dependsOn: ['product'],
      from: (_c, { product }) => sellers`/sellers/${product.sellerId}`,
      response: Seller,
      timeout: '500ms',
      breaker: { minRequests: 5, window: '10s', resetTimeout: '5s' },
      fallback: { id: 'unknown', name: 'A maker we know' },
    },
    // One call for all products beside it, and only for those that no page has needed in the last seconds.
    stockBeside: {
      dependsOn: ['product'],
      each: ({ product }) => product.goesWith,
      batch: { from: (_c, ids) => stock`/stock?ids=${ids.join(',')}`, by: item => item.id, max: 50 },
      response: StockOfProduct,
      optional: true,
      cache: { ttl: '10s' },
      timeout: '300ms',
    },
  },
  reply: ({ product, stock, seller, stockBeside }) => ({
    product,
    inStock: stock?.qty ?? null,
    seller,
    goesWith: product.goesWith.map(id => ({ id, inStock: stockBeside.get(id)?.qty ?? null })),
  }),
});
