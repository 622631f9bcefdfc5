import type { RequiredAuth } from './auth.ts';

/** Whether a session can satisfy all of these rules. */
export function takesSession(rules: readonly RequiredAuth[]): boolean {
  return rules.every(({ by }) => by === undefined || by.includes('session'));
}
