import { defineRoute } from 'portico';
import { every, query } from '../../../policies.ts';
import { unwatched } from '../../../services.ts';

export default defineRoute('/policies/without/ejection', { proxy: unwatched('/plain/90'), ...every, query });
