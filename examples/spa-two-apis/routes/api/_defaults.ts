import { defineDefaults } from 'portico';

// For every route below /api/: calls take at most two seconds, and a breaker protects failing backends.
export default defineDefaults({ timeout: '2s', breaker: {} });
