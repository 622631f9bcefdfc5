import type { RequestListener, Server } from 'node:http';
import { createServer } from '../core/node-http.ts';
import type { ServerLimits } from './server-limits.ts';

// How often Node checks for slow request headers; its default is twice a minute.
const CHECKED_EVERY_MS = 1_000;

/** A server of the gateway's own, with the limits that Node supports itself. */
export function createHttpServer(limits: ServerLimits, listener: RequestListener): Server {
  const server = createServer(
    {
      // It includes the URL, which is limited separately where a response is possible.
      maxHeaderSize: limits.head + limits.url,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: CHECKED_EVERY_MS,
      // Node would reject that request by itself and continue with the next one on the connection.
      requireHostHeader: false,
      // A valid upload may take long; the minimum rate finds a stalled one.
      requestTimeout: 0,
    },
    listener,
  );
  server.maxConnections = limits.connections;
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  return server;
}
