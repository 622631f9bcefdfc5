import { defineRoute } from 'portico';
import { shielded } from '../services.ts';

export default defineRoute('/shielded', { proxy: shielded('/slot'), timeout: '1s' });
