import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('/policies/default', { proxy: backend('/plain/90') });
