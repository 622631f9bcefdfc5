import { defineRoute } from 'portico';
import { backend } from '../services.ts';

export default defineRoute('/cached', { proxy: backend, cache: { ttl: '1h' } });
