import { defineRoute } from 'portico';
import { herded } from '../../services.ts';

export default defineRoute('/herd/[...path]', { proxy: herded, cache: { ttl: '1m', swr: '10m' } });
