import { defineGateway } from 'portico';

// The load reuses its connections and opens them early, as the other subjects allow.
export default defineGateway({ limits: { requestsPerSocket: 1_000_000_000, headersTimeout: '10m' } });
