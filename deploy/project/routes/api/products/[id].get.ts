import { defineRoute } from 'portico';
import { app } from '../../../services.ts';

export default defineRoute('/api/products/[id]', {
  proxy: app,
  cache: { ttl: '10m', tags: c => [`product:${c.params.id}`] },
  retry: { attempts: 2 },
});
