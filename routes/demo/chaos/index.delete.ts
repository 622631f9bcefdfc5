import { defineRoute } from 'portico';
import { chaos } from '#services';

// Every backend back to `ok`.
export default defineRoute('/demo/chaos', {
  proxy: chaos('/chaos'),
});
