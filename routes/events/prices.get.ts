import { defineRoute } from 'portico';
import { prices } from '#services';

export default defineRoute('/events/prices', {
  proxy: prices,
});
