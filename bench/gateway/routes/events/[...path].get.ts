import { defineRoute } from 'portico';
import { backend } from '../../services.ts';

export default defineRoute('/events/[...path]', { proxy: backend });
