import { defineRoute } from 'portico';

export default defineRoute('/', {
  static: { dir: 'demo/web' },
});
