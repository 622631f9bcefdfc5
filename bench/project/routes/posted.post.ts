import { defineRoute } from 'portico';
import { backend } from '../services.ts';

export default defineRoute('/posted', { proxy: backend });
