const REFUSAL = Symbol.for('portico.refusal');

/** A guard's no. Made by `refuse`. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
}

/**
 * Says no from a guard: `guard: c => c.cookies.session ? undefined : refuse(401, 'sign in')`.
 * @param status 400 to 499 or 503; the client gets it as problem+json.
 * @param detail what the client reads; it is public.
 * @throws RangeError for a status outside that range.
 */
export function refuse(status: number, detail: string): Refusal {
  if (!Number.isInteger(status) || ((status < 400 || status > 499) && status !== 503)) {
    throw new RangeError(`refuse(${status}): a refusal has a status from 400 to 499, or 503`);
  }
  return Object.freeze({ [REFUSAL]: true, status, detail });
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && REFUSAL in value;
}
