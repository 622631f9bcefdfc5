import { asFailure } from '../core/failure.ts';

/** What a process says to a request for its sessions; it fits into a message. */
export type SessionAnswer<T> =
  | { readonly value: T }
  | { readonly refusal: { readonly status: number; readonly code: string; readonly title: string } };

const NO_SESSIONS = {
  status: 404,
  code: 'request.not_found',
  title: 'This gateway has no sessions, because `auth.oidc` is not configured',
};

/** @param result undefined from a gateway without sign-in. */
export async function sessionAnswer<T>(result: Promise<T | undefined>): Promise<SessionAnswer<T>> {
  try {
    const value = await result;
    return value === undefined ? { refusal: NO_SESSIONS } : { value };
  } catch (thrown) {
    // What this gateway cannot do; a command that does not fit was refused before.
    if (thrown instanceof TypeError)
      return { refusal: { status: 409, code: 'request.refused', title: thrown.message } };
    const { status, code, message } = asFailure(thrown);
    return { refusal: { status, code, title: message } };
  }
}
