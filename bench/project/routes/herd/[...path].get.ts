import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('/herd/[...path]', { proxy: backend, cache: { ttl: '1m', swr: '10m' } });
