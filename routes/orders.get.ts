import { defineRoute } from 'portico';

// A page for users only: others are led to the sign-in, and back here.
export default defineRoute('/orders', {
  auth: 'required',
  static: { dir: 'demo/web/orders' },
});
