import { defineRoute } from 'portico';
import { every, query } from '../../policies.ts';
import { backend } from '../../services.ts';

export default defineRoute('/policies/every', { proxy: backend('/plain/90'), ...every, query });
