import { defineRoute, type } from 'portico';
import { backend } from '../services.ts';

export default defineRoute('/aggregate', {
  aggregate: {
    offer: { from: backend('/part/90'), response: type<{ text: string }>() },
    seller: { from: backend('/part/91'), response: type<{ text: string }>() },
    cart: { from: backend('/part/92'), response: type<{ text: string }>() },
  },
  reply: parts => parts,
});
