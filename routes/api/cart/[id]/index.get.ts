import { defineRoute } from 'portico';
import { cart } from '#services';
import { Cart } from '../../../../schemas/shop/cart.ts';

// Ten minutes are safe: every write through the gateway purges the tag.
export default defineRoute('/api/cart/[id]', {
  proxy: cart('/carts/[id]'),
  response: Cart,
  cache: { ttl: '10m', tags: c => [`cart:${c.params.id}`] },
  breaker: { errorRate: '50%', minRequests: 5, window: '10s', resetTimeout: '5s' },
  timeout: '2s',
});
