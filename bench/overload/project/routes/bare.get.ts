import { defineRoute } from 'portico';
import { bare } from '../services.ts';

export default defineRoute('/bare', { proxy: bare('/slot'), timeout: '1s' });
