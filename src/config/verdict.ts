/**
 * A mistake in the form of problem+json: a JSON pointer ('' for the whole value) and a sentence without its subject.
 */
export interface Mistake {
  readonly pointer: string;
  readonly detail: string;
}

export type CheckVerdict =
  | { readonly value: unknown; readonly errors?: undefined }
  | { readonly errors: readonly Mistake[] };

export type Check = (value: unknown) => CheckVerdict | Promise<CheckVerdict>;

// Clients read only the first mistakes, and the response must not grow with the invalid body.
export const MAX_MISTAKES = 50;
const MAX_DETAIL = 500;

/** A library may quote the value that it refuses. */
export function shortened(detail: string): string {
  return detail.length <= MAX_DETAIL ? detail : `${detail.slice(0, MAX_DETAIL)}…`;
}

/** The JSON pointer of a member (RFC 6901 §3). */
export function pointerBelow(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
