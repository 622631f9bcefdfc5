import { defineRoute, type } from 'portico';
import { backend } from '../services.ts';

export default defineRoute('/aggregate', {
  aggregate: {
    offer: { from: backend('/offer'), response: type<unknown>() },
    seller: { from: backend('/seller'), response: type<unknown>() },
    cart: { from: backend('/cart'), response: type<unknown>() },
  },
  reply: parts => parts,
});
