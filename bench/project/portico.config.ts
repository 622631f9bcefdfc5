import { defineGateway } from 'portico';

// The load keeps its connections, and opens them long before their first turn, as the other subjects let it.
export default defineGateway({ limits: { requestsPerSocket: 1_000_000_000, headersTimeout: '10m' } });
