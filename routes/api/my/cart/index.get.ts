import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Cart } from '../../../../schemas/shop/cart.ts';

// A response for each user, stored until the user's own write purges its tag.
export default defineRoute('/api/my/cart', {
  proxy: userCart('/my/cart'),
  response: Cart,
  cache: { ttl: '10m', scope: 'user', tags: c => [`cart-of:${c.subject}`] },
  breaker: { errorRate: '50%', minRequests: 5, window: '10s', resetTimeout: '5s' },
  timeout: '2s',
});
