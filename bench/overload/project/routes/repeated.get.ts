import { defineRoute } from 'portico';
import { targets } from '../services.ts';

export default defineRoute('/repeated', { proxy: targets('/answer'), retry: { attempts: 3 } });
