import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Exchange } from '../core/exchange.ts';
import type { Explanation, Question, RouteExplanation } from '../core/explanation.ts';
import { asFailure } from '../core/failure.ts';
import { type Arrivals, STRAIGHT, unanswered } from './arrivals.ts';
import type { Answering } from './found.ts';

/** How a route explains itself. */
type Explains = (route: Answering, x: Exchange) => RouteExplanation;

/**
 * What would become of a request: read and refused exactly as at the door, then told by its route instead of answered.
 * @param authority whom it is asked of, where it names no host itself.
 */
export function explain(arrivals: Arrivals, question: Question, authority: string, explains: Explains): Explanation {
  const { method } = question;
  const asked = located(question, authority);
  const { req, res } = standIn(asked);
  const about = {
    method,
    url: asked.path.startsWith('/') ? `${asked.protocol}://${asked.host}${asked.path}` : asked.path,
  };
  try {
    const { x, found } = arrivals.read(req, res, undefined, STRAIGHT);
    if (found.kind !== 'found') {
      const { status, headers } = unanswered(found, method);
      return { ...about, outcome: { kind: 'answered', status, detail: `Allow: ${headers.get('allow') ?? ''}` } };
    }
    if (x === undefined) throw new TypeError('a request is read before it is explained');
    const { user } = question;
    const known = user === undefined ? x : x.with({ subject: user });
    return { ...about, url: urlOf(x), outcome: { kind: 'route', route: explains(found.value, known) } };
  } catch (thrown) {
    const { status, code, message } = asFailure(thrown);
    return { ...about, outcome: { kind: 'refused', status, code, detail: message } };
  } finally {
    req.destroy();
  }
}

interface Located extends Question {
  readonly protocol: 'http' | 'https';
  /** In the Host header. */
  readonly host: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
}

/** A whole address says its host and whether it is asked for over TLS, as people write it; Host says it as programs do. */
function located(question: Question, authority: string): Located {
  const { path, headers = {} } = question;
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map(value => [name, value] as const),
  );
  const [, scheme = 'http', named] = /^(https?):\/\/([^/?#]+)/i.exec(path) ?? [];
  const said = lines.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const host = said ?? named ?? authority;
  const protocol = scheme.toLowerCase() === 'https' ? 'https' : 'http';
  return { ...question, protocol, host, lines: said === undefined ? [...lines, ['Host', host]] : lines };
}

/** A request as the parser would hand it over, from this machine, on a socket that leads nowhere. */
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
