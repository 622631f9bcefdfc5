import { createServer, type RequestListener, type Server } from 'node:http';
import type { DoorLimits } from './door-limits.ts';

// Node looks for slow heads so often: by default twice in a minute.
const CHECKED_EVERY_MS = 1_000;

/** A server of the gateway's own, with what Node can bound by itself. */
export function createDoor(limits: DoorLimits, listener: RequestListener): Server {
  const server = createServer(
    {
      // The URL counts too, and is measured alone where there is a request to answer.
      maxHeaderSize: limits.head + limits.url,
      headersTimeout: limits.headTimeMs,
      connectionsCheckingInterval: CHECKED_EVERY_MS,
      // An honest upload may take long; a body that hardly comes is seen by its rate.
      requestTimeout: 0,
    },
    listener,
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  return server;
}
