const REFUSAL = Symbol.for('portico.refusal');

/** A guard's rejection. Made by `refuse`. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
  /** The `WWW-Authenticate` of a 401. */
  readonly challenge: string;
}

/** Options of a rejection. */
export interface RefusalOptions {
  /**
   * How a client can sign in: the `WWW-Authenticate` of a 401 (RFC 9110 §11.6.1), such as `'Basic realm="shop"'`, which
   * makes browsers open a sign-in dialog. Default `Bearer`, which opens none.
   */
  readonly challenge?: string;
}

/**
 * Rejects a request in a guard: `guard: c => c.cookies.session ? undefined : refuse(401, 'sign in')`.
 * @param status 400 to 499 or 503; the client receives it as problem+json (RFC 9457).
 * @param detail the reason for the client; it is public.
 * @throws RangeError for a status outside that range, TypeError for an invalid challenge.
 */
export function refuse(status: number, detail: string, { challenge = 'Bearer' }: RefusalOptions = {}): Refusal {
  if (!Number.isInteger(status) || ((status < 400 || status > 499) && status !== 503)) {
    throw new RangeError(`refuse(${status}): a refusal has a status from 400 to 499, or 503`);
  }
  // RFC 9110 §11.3: a scheme with optional parameters.
  if (!/^[\w!#$%&'*+.^`|~-]+(?: [\t\x20-\x7e]*)?$/.test(challenge)) {
    throw new TypeError(
      `refuse(${status}): ${JSON.stringify(challenge)} is no challenge; write one like 'Basic realm="shop"'`,
    );
  }
  return Object.freeze({ [REFUSAL]: true, status, detail, challenge });
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && REFUSAL in value;
}
