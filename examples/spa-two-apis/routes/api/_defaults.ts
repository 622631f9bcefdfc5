import { defineDefaults } from 'portico';

// For every route below /api/: no call takes longer than two seconds, and a backend that keeps failing gets a rest.
export default defineDefaults({ timeout: '2s', breaker: {} });
