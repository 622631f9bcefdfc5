import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Order } from '../../../../schemas/shop/order.ts';

// A page of another site cannot send it for a user: with a session the gateway checks that for every write.
export default defineRoute('/api/my/orders', {
  proxy: userCart('/my/orders'),
  response: Order,
  purges: c => [`cart-of:${c.subject}`],
});
