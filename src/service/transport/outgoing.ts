import type { Exchange } from '../../core/exchange.ts';
import { HeaderList } from '../../core/headers/header-list.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import { publicPrefix } from '../response-sanitizer/public-prefix.ts';

/** The request target: the call's own path, unchanged, after the target's base. */
export function outgoingPath(x: Exchange, target: Target): string {
  const { path, search } = x.call ?? x;
  return target.base + path + search;
}

/** The announced length of the request body; undefined for none or an unknown one. */
export function outgoingLength({ body }: Exchange): number | undefined {
  if (body.kind === 'bytes') return body.bytes.length;
  return body.kind === 'stream' ? body.length : undefined;
}

/** The key of the connections to one target. */
export function placeOf({ origin, host = '' }: Target): string {
  return ` ${origin} ${host}`;
}

/** The gateway's own fields for this attempt: name, value, name, value, ... */
export function attemptFields(x: Exchange, target: Target, clock: Clock): readonly string[] {
  const fields: string[] = [];
  const prefix = publicPrefix(x, target);
  if (prefix !== undefined && !x.headers.has('x-forwarded-prefix')) fields.push('x-forwarded-prefix', prefix);
  const endsAt = x.timeouts?.deadlineAt;
  // The time limit of the response headers, so that a backend need not start work that it cannot finish.
  if (endsAt !== undefined) fields.push('x-request-timeout-ms', String(Math.max(1, endsAt - clock.now())));
  return fields;
}

/** The fields of a request in the form of node:http's client. */
export function fieldsAsObject(x: Exchange, target: Target, clock: Clock): Record<string, string> {
  return new HeaderList(x.headers.flat.concat(attemptFields(x, target, clock))).toObject();
}
