import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('/encoded/[...path]', { proxy: backend, cache: { ttl: '1h' } });
