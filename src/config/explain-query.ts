import type { ExplainQuery } from '../core/explanation.ts';
import type { CommandMistake } from './purge-request.ts';

const NAMES = 'method, path, headers, user and claims';

// RFC 9110 §5.6.2: token.
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
// RFC 9110 §5.5: control characters are invalid in a field value.
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * Parses an explain query from outside, or returns all its mistakes. The gateway checks whether its request would be
 * accepted.
 */
export function readExplainQuery(
  value: unknown,
): { readonly command: ExplainQuery } | { readonly mistakes: readonly CommandMistake[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { mistakes: [{ pointer: '', detail: `must be an object of ${NAMES}` }] };
  }
  const { method, path, headers, user, claims, ...others } = value as Readonly<Record<string, unknown>>;
  const mistakes = [
    ...Object.keys(others).map(name => ({ pointer: pointerTo(name), detail: `is unknown; known: ${NAMES}` })),
    ...(isMethod(method) ? [] : [{ pointer: '/method', detail: 'must be a method, like GET' }]),
    ...(typeof path === 'string' && path !== ''
      ? []
      : [{ pointer: '/path', detail: 'must be a path, like /page?q=1' }]),
    ...mistakesInHeaders(headers),
    ...(user === undefined || typeof user === 'string' ? [] : [{ pointer: '/user', detail: 'must be a text' }]),
    ...mistakesInClaims(claims, user),
  ];
  return mistakes.length > 0 ? { mistakes } : { command: value as ExplainQuery };
}

export function isMethod(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value);
}

/** Whether name and value form a valid header field. */
export function isField(name: string, value: unknown): boolean {
  return TOKEN.test(name) && typeof value === 'string' && !CONTROL.test(value);
}

function mistakesInHeaders(headers: unknown): CommandMistake[] {
  if (headers === undefined) return [];
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    return [{ pointer: '/headers', detail: 'must be an object of names and values' }];
  }
  return Object.entries(headers)
    .filter(([name, values]) => ![values].flat().every(value => isField(name, value)))
    .map(([name]) => ({
      pointer: `/headers${pointerTo(name)}`,
      detail: 'must be the name of a header, and a text or a list of texts',
    }));
}

function mistakesInClaims(claims: unknown, user: unknown): CommandMistake[] {
  if (claims === undefined) return [];
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    return [{ pointer: '/claims', detail: 'must be an object of claims and values' }];
  return user === undefined ? [{ pointer: '/claims', detail: 'are those of a user; name it in user' }] : [];
}

function pointerTo(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
