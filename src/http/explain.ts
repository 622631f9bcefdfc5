import { Socket } from 'node:net';
import type { Exchange } from '../core/exchange.ts';
import type { ExplainQuery, Explanation, RouteExplanation } from '../core/explanation.ts';
import { asFailure } from '../core/failure.ts';
import { IncomingMessage, ServerResponse } from '../core/node-http.ts';
import { DIRECT, notFoundResponse, type RequestReader } from './request-reader.ts';
import type { RoutedHandler } from './route-match.ts';

/** Lets a route explain itself. */
type Explains = (route: RoutedHandler, x: Exchange) => RouteExplanation;

/**
 * Explains a request: it is parsed and rejected exactly like a real one, and then its route describes what it would do.
 * @param authority the host of the request if it has none.
 */
export function explain(
  requestReader: RequestReader,
  query: ExplainQuery,
  authority: string,
  explains: Explains,
): Explanation {
  const { method } = query;
  const target = located(query, authority);
  const { req, res } = standIn(target);
  const about = {
    method,
    url: target.path.startsWith('/') ? `${target.protocol}://${target.host}${target.path}` : target.path,
  };
  try {
    const { x, found } = requestReader.read(req, res, undefined, DIRECT);
    if (found.kind !== 'found') {
      const { status, headers } = notFoundResponse(found, method);
      return { ...about, outcome: { kind: 'own-response', status, detail: `Allow: ${headers.get('allow') ?? ''}` } };
    }
    if (x === undefined) throw new TypeError('a request is read before it is explained');
    const own = found.value.ownReply?.(x);
    if (own !== undefined) {
      const detail = `a preflight: ${own.headers.get('access-control-allow-methods')} is allowed`;
      return { ...about, outcome: { kind: 'own-response', status: own.status, detail } };
    }
    const { user } = query;
    const known = user === undefined ? x : x.withDetails({ subject: user });
    return { ...about, url: urlOf(x), outcome: { kind: 'route', route: explains(found.value, known) } };
  } catch (thrown) {
    const { status, code, message } = asFailure(thrown);
    return { ...about, outcome: { kind: 'refused', status, code, detail: message } };
  } finally {
    req.destroy();
  }
}

interface Located extends ExplainQuery {
  readonly protocol: 'http' | 'https';
  /** The Host header. */
  readonly host: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
}

/** A full URL contains its host and its scheme; `Host` contains the host only. */
function located(query: ExplainQuery, authority: string): Located {
  const { path, headers = {} } = query;
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map(value => [name, value] as const),
  );
  const [, scheme = 'http', named] = /^(https?):\/\/([^/?#]+)/i.exec(path) ?? [];
  const said = lines.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const host = said ?? named ?? authority;
  const protocol = scheme.toLowerCase() === 'https' ? 'https' : 'http';
  return { ...query, protocol, host, lines: said === undefined ? [...lines, ['Host', host]] : lines };
}

/** A request as the parser would create it, from this host, on an unconnected socket. */
function standIn({ method, path, protocol, lines }: Located): {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
} {
  const socket = Object.defineProperties(new Socket(), {
    remoteAddress: { value: '127.0.0.1' },
    encrypted: { value: protocol === 'https' },
  });
  const req = new IncomingMessage(socket);
  req.method = method;
  req.url = path;
  req.httpVersion = '1.1';
  req.rawHeaders = lines.flat();
  return { req, res: new ServerResponse(req) };
}

function urlOf({ client, path, search }: Exchange): string {
  return `${client?.protocol ?? 'http'}://${client?.host ?? ''}${path}${search}`;
}
