import { defineRoute } from 'portico';
import { userCart } from '#services';
import { Cart, CartMove } from '../../../../schemas/shop/cart.ts';

// After a sign-in: what the visitor had put into a cart before becomes the user's.
export default defineRoute('/api/my/cart/moves', {
  proxy: userCart('/my/cart/moves'),
  body: CartMove,
  response: Cart,
  purges: c => [`cart-of:${c.subject}`, `cart:${c.body.from}`],
});
