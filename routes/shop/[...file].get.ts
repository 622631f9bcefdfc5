import { defineRoute } from 'portico';

export default defineRoute('/shop/[...file]', {
  static: { dir: 'demo/web' },
});
