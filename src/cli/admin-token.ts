import { readFileSync } from 'node:fs';
import { UsageError } from './usage-error.ts';

/** Shorter ones can be guessed at a port without a limit on attempts. */
const MIN_LENGTH = 16;

/** What a Bearer token may consist of (RFC 6750 §2.1). */
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * The token of the admin port; undefined for none. A file wins over the environment.
 * @throws UsageError for a file that cannot be read, and for a token that is too short. Neither names the token.
 */
export function adminTokenOf(file: string | undefined, variable: string | undefined): string | undefined {
  const name = file === undefined ? 'PORTICO_ADMIN_TOKEN' : `the token in ${file}`;
  const token = file === undefined ? variable : textOf(file).trim();
  if (token === undefined || (file === undefined && token === '')) return undefined;
  if (token.length >= MIN_LENGTH && TOKEN.test(token)) return token;
  throw new UsageError(
    `${name} needs at least ${MIN_LENGTH} letters, digits or -._~+/ without spaces, like those of: openssl rand -hex 32`,
  );
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--admin-token-file cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
