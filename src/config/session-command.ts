import type { CommandMistake } from './purge-request.ts';

/** Which sessions are ended: one by its id, those of a user by the subject, or all. */
export type SessionCommand = { readonly id: string } | { readonly user: string } | { readonly all: true };

/** Which sessions are listed. */
export interface SessionQuery {
  /** Those of this user, by the subject. Default those of everybody. */
  readonly user?: string;
}

const FORM = 'must be { "id": "<id>" }, { "user": "<subject>" } or { "all": true }';
/** 16 bytes in base64url. */
const ID = /^[\w-]{22}$/;
/** OpenID Connect Core §2 allows 255 characters; other providers take more. */
const MAX_SUBJECT = 1_024;

/** Parses a command for sessions from outside, or returns its mistakes. */
export function readSessionCommand(
  value: unknown,
): { readonly command: SessionCommand } | { readonly mistakes: readonly CommandMistake[] } {
  const [entry, ...others] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (entry === undefined || others.length > 0) return { mistakes: [{ pointer: '', detail: FORM }] };
  const [name, which] = entry;
  const detail = mistakeIn(name, which);
  if (detail === undefined) return { command: value as SessionCommand };
  return { mistakes: [{ pointer: detail === FORM ? '' : `/${name}`, detail }] };
}

function mistakeIn(name: string, which: unknown): string | undefined {
  switch (name) {
    case 'id':
      return typeof which === 'string' && isSessionId(which) ? undefined : 'must be an id of the list, 22 characters';
    case 'user':
      return isSubject(which) ? undefined : `must be a subject, a text of at most ${MAX_SUBJECT} characters`;
    case 'all':
      return which === true ? undefined : 'must be true';
    default:
      return FORM;
  }
}

export function isSessionId(text: string): boolean {
  return ID.test(text);
}

function isSubject(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_SUBJECT;
}
