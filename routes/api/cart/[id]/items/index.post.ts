import { defineRoute } from 'portico';
import { cart } from '#services';
import { Cart, CartItem } from '../../../../../schemas/shop/cart.ts';

export default defineRoute('/api/cart/[id]/items', {
  proxy: cart('/carts/[id]/items'),
  body: CartItem,
  response: Cart,
  purges: c => [`cart:${c.params.id}`],
});
