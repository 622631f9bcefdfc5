import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import { publicPrefix } from '../response-sanitizer/public-prefix.ts';

/** What goes on the request line: the call's own path, byte for byte, behind the target's base. */
export function outgoingPath(x: Exchange, target: Target): string {
  const { path, search } = x.call ?? x;
  return target.base + path + search;
}

/** The announced length of what is sent; undefined for none, or where it is not known. */
export function outgoingLength({ body }: Exchange): number | undefined {
  if (body.kind === 'bytes') return body.bytes.length;
  return body.kind === 'stream' ? body.length : undefined;
}

/** The key of the connections to one target. */
export function placeOf({ origin, host = '' }: Target): string {
  return ` ${origin} ${host}`;
}

/** What the gateway says of this one attempt: name, value, name, value, ... */
export function attemptFields(x: Exchange, target: Target, clock: Clock): readonly string[] {
  const fields: string[] = [];
  const prefix = publicPrefix(x, target);
  if (prefix !== undefined && !x.headers.has('x-forwarded-prefix')) fields.push('x-forwarded-prefix', prefix);
  const endsAt = x.timeouts?.deadlineAt;
  // How long the response headers are awaited: a backend need not begin what it cannot finish.
  if (endsAt !== undefined) fields.push('x-request-timeout-ms', String(Math.max(1, endsAt - clock.now())));
  return fields;
}

/** The fields of a request as node:http's client takes them. */
export function fieldsAsObject(x: Exchange, target: Target, clock: Clock): Record<string, string> {
  return new HeaderList(x.headers.flat.concat(attemptFields(x, target, clock))).toObject();
}
