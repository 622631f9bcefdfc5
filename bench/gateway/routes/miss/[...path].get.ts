import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('/miss/[...path]', { proxy: backend, cache: { ttl: '1h' } });
