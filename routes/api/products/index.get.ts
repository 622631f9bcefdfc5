import { defineRoute } from 'portico';
import { catalog } from '#services';
import { ProductList } from '../../../schemas/shop/product.ts';

export default defineRoute('/api/products', {
  proxy: catalog('/v2/items'),
  response: ProductList,
  cache: { ttl: '30s', swr: '5m', staleIfError: '1h', tags: ['products'] },
  breaker: { errorRate: '50%', minRequests: 5, window: '10s', resetTimeout: '5s' },
  timeout: '800ms',
  retry: { attempts: 2 },
});
