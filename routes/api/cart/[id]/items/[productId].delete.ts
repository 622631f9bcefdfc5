import { defineRoute } from 'portico';
import { cart } from '#services';
import { Cart } from '../../../../../schemas/shop/cart.ts';

export default defineRoute('/api/cart/[id]/items/[productId]', {
  proxy: cart('/carts/[id]/items/[productId]'),
  response: Cart,
  purges: c => [`cart:${c.params.id}`],
});
