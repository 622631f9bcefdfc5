import type { ListedSession, SessionListing } from '../core/session-listing.ts';
import { columns } from './columns.ts';

const HEAD = ['ID', 'SUBJECT', 'STARTED', 'SCOPES', 'ROLES', 'TOKENS', 'ISSUER'];

export function sessionLines({ store, sessions, more }: SessionListing): string[] {
  if (store === 'cookie') {
    return [
      'The browsers keep the sessions (session.store: cookie), so there is no list.',
      'To end those of a user: portico sessions end --user SUBJECT',
    ];
  }
  if (sessions.length === 0) return ['no sessions: nobody is signed in'];
  const rest = more > 0 ? [`and ${more} more`] : [];
  return [...columns([HEAD, ...sessions.map(rowOf)]), ...rest];
}

function rowOf({ id, subject, issuer, ageSeconds, scopes, roles, hasTokens }: ListedSession): string[] {
  const list = (names: readonly string[]): string => names.map(printable).join(' ') || '–';
  return [
    id,
    printable(subject),
    ageText(ageSeconds),
    list(scopes),
    list(roles),
    hasTokens ? 'yes' : 'no',
    printable(issuer),
  ];
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

function ageText(seconds: number): string {
  const unit = UNITS.find(([length]) => seconds >= length);
  return unit === undefined ? `${seconds} s ago` : `${Math.floor(seconds / unit[0])} ${unit[1]} ago`;
}

/** A name comes from an identity provider, where perhaps everybody chooses it: it gives the terminal no commands. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, found => `\\u{${found.codePointAt(0)?.toString(16)}}`);
}
