import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Orders } from '../../../../schemas/shop/order.ts';

export default defineRoute('/api/my/orders', {
  proxy: userCart('/my/orders'),
  response: Orders,
});
