import { defineRoute } from 'portico';
import { plain } from '../../services.ts';

export default defineRoute('/policies/none', {
  proxy: plain('/plain/90'),
  compress: false,
  timeout: false,
  retry: false,
  upgrade: false,
});
