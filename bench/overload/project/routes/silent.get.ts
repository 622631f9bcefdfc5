import { defineRoute } from 'portico';
import { machines } from '../services.ts';

export default defineRoute('/silent', { proxy: machines('/answer') });
