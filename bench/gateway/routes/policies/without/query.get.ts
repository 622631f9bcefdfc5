import { defineRoute } from 'portico';
import { every } from '../../../policies.ts';
import { backend } from '../../../services.ts';

export default defineRoute('/policies/without/query', { proxy: backend('/plain/90'), ...every });
