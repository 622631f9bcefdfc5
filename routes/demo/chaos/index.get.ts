import { defineRoute } from 'portico';
import { chaos } from '#services';
import { ChaosState } from '../../../schemas/shop/chaos-mode.ts';

export default defineRoute('/demo/chaos', {
  proxy: chaos('/chaos'),
  response: ChaosState,
});
