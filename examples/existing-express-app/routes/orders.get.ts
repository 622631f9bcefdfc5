import { defineRoute } from 'portico';
import { orders } from '../services.ts';

// Its path is below the mount path: the browser requests /api/orders.
export default defineRoute('/orders', {
  proxy: c => orders`/orders/${c.subject ?? ''}`,
  // One stored response per user, by the subject of the guard.
  cache: { ttl: '1m', scope: 'user' },
});
