import { defineRoute } from 'portico';
import { chaos } from '#services';
import { ChaosMode, ChaosOfBackend } from '../../../schemas/shop/chaos-mode.ts';

export default defineRoute('/demo/chaos/[name]', {
  proxy: chaos('/chaos/[name]'),
  body: ChaosMode,
  response: ChaosOfBackend,
});
