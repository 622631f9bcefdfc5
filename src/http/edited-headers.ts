import type { HeaderList } from '../core/headers/header-list.ts';
import { isHopByHop } from '../core/headers/hop-by-hop.ts';
import { IncomingMessage } from '../core/node-http.ts';

// Node frames the message by them, and the gateway has already read them.
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);

/**
 * The fields of a request after the middleware before the gateway: fields that it set, changed or deleted in
 * `req.headers` count, even those that clients may not send.
 */
export function withEdits(fields: HeaderList, req: IncomingMessage): HeaderList {
  const before = asReceived(req);
  const names = Object.keys({ ...before, ...req.headers });
  const edited = names.filter(
    name => !isHopByHop(name) && !FRAMING.has(name) && differs(before[name], req.headers[name]),
  );
  if (edited.length === 0) return fields;
  const said = edited.flatMap(name => [req.headers[name] ?? []].flat().flatMap(value => [name, String(value)]));
  return fields.without(new Set(edited)).concat(said);
}

/** Node's `headers` for the received lines, with its own rules for repeated ones. */
function asReceived(req: IncomingMessage): IncomingMessage['headers'] {
  const fields: IncomingMessage['headers'] = {};
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    Reflect.apply(ADD_LINE, req, [req.rawHeaders[i], req.rawHeaders[i + 1], fields]);
  }
  return fields;
}

// Node calls it for each line; its type omits it.
const ADD_LINE: (name: string, value: string, fields: object) => void = Reflect.get(
  IncomingMessage.prototype,
  '_addHeaderLine',
);

function differs(before: string | string[] | undefined, after: string | string[] | undefined): boolean {
  return before !== after && String(before) !== String(after);
}
