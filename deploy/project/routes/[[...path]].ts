import { defineRoute } from 'portico';
import { app } from '../services.ts';

export default defineRoute('/[[...path]]', { proxy: app });
