import type { ServerResponse } from 'node:http';
import { type BodyEnd, discard } from '../core/body.ts';
import { precomputed } from '../core/failure.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { Reply } from '../core/reply.ts';
import type { ResponseSink } from './response-sink.ts';

const LENGTH: ReadonlySet<string> = new Set(['content-length']);
const GONE = precomputed('client.gone', 'The client left');

/**
 * The only place that writes a Reply. A truncated body closes the client's connection, because a short response must
 * never look complete.
 * @param extra fields of this response: name, value, name, value, ...
 * @throws TypeError for invalid headers, before anything is written.
 */
export function writeReply(reply: Reply, sink: ResponseSink, extra: readonly string[]): BodyEnd | Promise<BodyEnd> {
  const { res } = sink;
  if (res.destroyed || res.headersSent) {
    discard(reply.body, GONE);
    return 'left';
  }
  // RFC 9110 §8.6: a 204 has no length.
  const headers = reply.status === 204 ? reply.headers.without(LENGTH) : reply.headers;
  // Node only reads the list, though its type does not say so.
  res.writeHead(reply.status, fieldsOf(headers, extra, res) as string[]);
  const { body } = reply;
  if (res.req.method === 'HEAD' || body.kind === 'none' || body.kind === 'tunnel') {
    discard(body, GONE);
    res.end();
    return 'complete';
  }
  if (body.kind === 'bytes') {
    sink.end(body.bytes);
    return 'complete';
  }
  const piped = body.pipe(sink);
  if (piped === 'complete') return piped;
  sink.show();
  return Promise.resolve(piped).then(end => {
    if (end === 'complete' || sink.left) return 'complete';
    res.destroy();
    return end;
  });
}

/** Fields of earlier middleware stay, the gateway's win for equal names, and list fields are joined. */
function fieldsOf({ flat }: HeaderList, extra: readonly string[], res: ServerResponse): readonly string[] {
  const fields = extra.length === 0 ? flat : flat.concat(extra);
  return joined('vary', joined('set-cookie', fields, res), res);
}

function joined(name: string, fields: readonly string[], res: ServerResponse): readonly string[] {
  const earlier = res.getHeader(name);
  return earlier === undefined ? fields : fields.concat([earlier].flat().flatMap(value => [name, String(value)]));
}
