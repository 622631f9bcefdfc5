import { IncomingMessage } from 'node:http';
import type { HeaderList } from '../core/headers/header-list.ts';
import { isHopByHop } from '../core/headers/hop-by-hop.ts';

// Node frames the message by them, and the gateway has read them.
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'expect']);

/**
 * The fields of a request as middleware before the gateway left them: what it set, changed or deleted in `req.headers`
 * counts, also where the same field may not enter from outside.
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

/** What Node makes of the lines that came: its own rules for those that came twice. */
function asReceived(req: IncomingMessage): IncomingMessage['headers'] {
  const fields: IncomingMessage['headers'] = {};
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    Reflect.apply(ADD_LINE, req, [req.rawHeaders[i], req.rawHeaders[i + 1], fields]);
  }
  return fields;
}

// What Node calls for each line; its type says nothing of it.
const ADD_LINE: (name: string, value: string, fields: object) => void = Reflect.get(
  IncomingMessage.prototype,
  '_addHeaderLine',
);

function differs(before: string | string[] | undefined, after: string | string[] | undefined): boolean {
  return before !== after && String(before) !== String(after);
}
