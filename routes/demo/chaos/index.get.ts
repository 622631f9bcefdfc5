import { defineRoute } from 'portico';
import { chaos } from '#services';

export default defineRoute('/demo/chaos', {
  proxy: chaos('/chaos'),
});
