import { createServer, type RequestListener, type Server } from 'node:http';
import type { ServerLimits } from './server-limits.ts';

// Node looks for slow heads so often: by default twice in a minute.
const CHECKED_EVERY_MS = 1_000;

/** A server of the gateway's own, with what Node can bound by itself. */
export function createHttpServer(limits: ServerLimits, listener: RequestListener): Server {
  const server = createServer(
    {
      // The URL counts too, and is measured alone where there is a request to answer.
      maxHeaderSize: limits.head + limits.url,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: CHECKED_EVERY_MS,
      // Node would refuse that request by itself, and go on with what follows it on the connection.
      requireHostHeader: false,
      // An honest upload may take long; a body that hardly comes is seen by its rate.
      requestTimeout: 0,
    },
    listener,
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  return server;
}
