import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Cart, CartItem } from '../../../../../schemas/shop/cart.ts';

// Few at once, so that a visitor of the demo sees a request refused.
export default defineRoute('/api/my/cart/items', {
  proxy: userCart('/my/cart/items'),
  body: CartItem,
  response: Cart,
  rateLimit: { user: { rate: '30/1m', burst: 10 } },
  purges: c => [`cart-of:${c.subject}`],
});
