import { defineGateway } from 'portico';

// The shop's page shows what the gateway did, and reads it from Server-Timing.
export default defineGateway({ serverTiming: true });
