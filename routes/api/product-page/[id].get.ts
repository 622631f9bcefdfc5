import { defineRoute } from 'portico';
import { catalog, sellers, stock } from '#services';
import { Product } from '../../../schemas/shop/product.ts';
import { ProductPage, Seller, Stock } from '../../../schemas/shop/product-page.ts';

export default defineRoute('/api/product-page/[id]', {
  response: ProductPage,
  timeout: '1500ms',
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
  },
  reply: ({ product, stock, seller }) => ({ product, inStock: stock?.qty ?? null, seller }),
});
