import { defineRoute } from 'portico';
import { catalog } from '#services';
import { Product } from '../../../schemas/shop/product.ts';

export default defineRoute('/api/products/[id]', {
  proxy: catalog('/v2/items/[id]'),
  response: Product,
  cache: {
    ttl: '30s',
    swr: '5m',
    staleIfError: '1h',
    vary: ['accept-language'],
    tags: c => ['products', `product:${c.params.id}`],
  },
  breaker: { errorRate: '50%', minRequests: 20, window: '10s', resetTimeout: '5s' },
  timeout: '800ms',
  retry: { attempts: 2 },
});
