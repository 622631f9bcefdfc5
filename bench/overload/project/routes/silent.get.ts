import { defineRoute } from 'portico';
import { targets } from '../services.ts';

export default defineRoute('/silent', { proxy: targets('/answer') });
