import { defineGateway } from 'portico';

// The load keeps its connections, as the other subjects let it.
export default defineGateway({ limits: { requestsPerSocket: 1_000_000_000 } });
