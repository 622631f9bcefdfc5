import type { IncomingMessage } from 'node:http';
import { type PurgeOrder, readPurgeOrder } from '../define/purge.ts';
import { type AdminAnswer, json, problem } from './answers.ts';
import type { Status } from './status.ts';

const LARGEST_ORDER = 64 * 1024;

/** `POST /purge`: makes stored answers stale in every process of the gateway, and says which. */
export async function purgeAnswer(status: Status, req: IncomingMessage): Promise<AdminAnswer> {
  if (req.method !== 'POST') {
    return { ...problem(405, 'request.method_not_allowed', 'Method not allowed'), headers: { Allow: 'POST' } };
  }
  const refusal = refusalOf(req);
  if (refusal !== undefined) return refusal;
  const text = await textOf(req);
  if (text === undefined) {
    const answer = problem(413, 'request.body_too_large', `The order is larger than ${LARGEST_ORDER} bytes`);
    return { ...answer, headers: { Connection: 'close' } };
  }
  const read = readPurgeOrder(parsed(text));
  if ('mistakes' in read) return problem(400, 'request.invalid', 'The order does not fit', read.mistakes);
  // What a worker that only loads has not stored yet, it may find in a store of its own.
  if (status.phase === 'starting') return problem(503, 'gateway.starting', 'The gateway has not started yet');
  await status.purge(read.order);
  return json(200, {
    purged: purged(read.order),
    kind: read.order.soft ? 'soft' : 'hard',
    workers: status.pids.length,
  });
}

/**
 * A page of any site can send a POST to this machine from its user's browser, and with a name of its own that leads here it can even read the
 * answer. So nothing that a page sends without asking (a form, a text) is heard, and nothing for another name or from another origin.
 */
function refusalOf({ headers }: IncomingMessage): AdminAnswer | undefined {
  const { host = '', origin } = headers;
  if (!OWN_NAME.test(host)) return problem(421, 'request.unknown_host', 'The admin port answers for localhost only');
  if (origin !== undefined && origin !== `http://${host}`) {
    return problem(403, 'request.forbidden', 'This origin may not give orders here');
  }
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) {
    return problem(415, 'request.unsupported_media_type', 'The order has to be application/json');
  }
  return undefined;
}

const OWN_NAME = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/i;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** Undefined where it is too long; what still comes is read and forgotten, so that the client sees the answer. */
async function textOf(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const ended = Promise.withResolvers<boolean>();
  req.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_ORDER) ended.resolve(false);
    else chunks.push(chunk);
  });
  req.on('end', () => ended.resolve(true));
  req.on('error', ended.reject);
  return (await ended.promise) ? Buffer.concat(chunks).toString() : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function purged({ soft: _soft, ...named }: PurgeOrder): Omit<PurgeOrder, 'soft'> {
  return named;
}
