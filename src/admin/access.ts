import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isOfPage } from './admin-page.ts';
import { type AdminResponse, problem } from './admin-response.ts';
import { foreignName, isFromHere } from './loopback.ts';

/** Who may use the admin port. */
export interface AdminAccess {
  /** Whether it listens on loopback, so that only programs of this host reach it. */
  readonly isLocal: boolean;
  /** Required of every request but a probe; undefined for none. */
  readonly token: string | undefined;
}

/** A kubelet sends no credentials. */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz']);

/** What the network may read of a gateway without a token: a scraper of Prometheus needs no set-up either. */
const METRICS = '/metrics';

/**
 * The refusal of a request; undefined for one that may be handled.
 *
 * A page of any site can send requests to this host from its user's browser, and with a name of its own that resolves
 * to this host it can even read the responses. So requests from other origins, and requests of this host for another
 * name, are rejected. No page has the token.
 */
export function refused(access: AdminAccess, path: string, req: IncomingMessage): AdminResponse | undefined {
  const elsewhere = (access.isLocal ? foreignName(req) : undefined) ?? foreignOrigin(req);
  if (elsewhere !== undefined || PROBES.has(path)) return elsewhere;
  // Without a token the network has no use for the page.
  if (access.token !== undefined && isOfPage(path, req.headers.accept)) return undefined;
  return refusedDetails(access, path, req);
}

/** The refusal of what only holders of the token, or programs of this host, may know. */
export function refusedDetails(
  { isLocal, token }: AdminAccess,
  path: string,
  req: IncomingMessage,
): AdminResponse | undefined {
  if (token !== undefined) return withoutToken(token, req);
  if (isLocal || path === METRICS) return undefined;
  return isFromHere(req) ? foreignName(req) : unauthorized(NETWORK, CHALLENGE);
}

function foreignOrigin({ headers: { host = '', origin } }: IncomingMessage): AdminResponse | undefined {
  if (origin === undefined || origin === `http://${host}`) return undefined;
  return problem(403, 'request.forbidden', 'This origin may not use the admin port');
}

function withoutToken(token: string, { headers: { authorization } }: IncomingMessage): AdminResponse | undefined {
  if (authorization === undefined) return unauthorized(NO_TOKEN, CHALLENGE);
  const given = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
  // Of equal length, and about what nobody can choose.
  if (timingSafeEqual(digest(given), digest(token))) return undefined;
  return unauthorized(WRONG_TOKEN, `${CHALLENGE}, error="invalid_token"`);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const NETWORK =
  'The network reads /livez, /readyz and /metrics; for more start the gateway with PORTICO_ADMIN_TOKEN or --admin-token-file';
const NO_TOKEN = 'The admin port needs the token of the gateway: PORTICO_ADMIN_TOKEN or --admin-token-file';
const WRONG_TOKEN = 'This is not the token of the gateway';

/** RFC 6750 §3. */
const CHALLENGE = 'Bearer realm="portico admin"';

function unauthorized(title: string, challenge: string): AdminResponse {
  return { ...problem(401, 'request.unauthorized', title), headers: { 'WWW-Authenticate': challenge } };
}
