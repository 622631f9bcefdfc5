import { defineRoute } from 'portico';
import { machines } from '../services.ts';

export default defineRoute('/repeated', { proxy: machines('/answer'), retry: { attempts: 3 } });
