import type { Exchange } from '../../core/exchange.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';

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

/** What tells the connections to one machine from those to another. */
export function placeOf({ origin, host = '' }: Target): string {
  return ` ${origin} ${host}`;
}

/** For how long somebody waits for the answer's head, in milliseconds: a backend need not begin what it cannot finish. */
export function outgoingTimeout({ timeouts }: Exchange, clock: Clock): readonly string[] {
  const endsAt = timeouts?.deadlineAt;
  return endsAt === undefined ? NONE : ['x-request-timeout-ms', String(Math.max(1, endsAt - clock.now()))];
}

/** The same as an object of fields. */
export function timeoutField(x: Exchange, clock: Clock): Record<string, string> {
  const [name, ms] = outgoingTimeout(x, clock);
  return name === undefined || ms === undefined ? {} : { [name]: ms };
}

const NONE: readonly string[] = [];
