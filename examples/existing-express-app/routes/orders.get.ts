import { defineRoute } from 'portico';
import { orders } from '../services.ts';

// Its path begins below the mount: the browser asks for /api/orders.
export default defineRoute('/orders', {
  proxy: c => orders`/orders/${c.subject ?? ''}`,
  // One stored response per user, by the subject of the guard.
  cache: { ttl: '1m', scope: 'user' },
});
