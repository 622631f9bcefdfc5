import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Cart } from '../../../../../schemas/shop/cart.ts';

export default defineRoute('/api/my/cart/items/[productId]', {
  proxy: userCart('/my/cart/items/[productId]'),
  response: Cart,
  purges: c => [`cart-of:${c.subject}`],
});
