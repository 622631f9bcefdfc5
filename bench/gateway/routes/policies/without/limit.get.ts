import { defineRoute } from 'portico';
import { every, query } from '../../../policies.ts';
import { unlimited } from '../../../services.ts';

export default defineRoute('/policies/without/limit', { proxy: unlimited('/plain/90'), ...every, query });
