import type { Account } from 'oidc-provider';

/** Three people whom the sign-in page suggests. */
export const SUGGESTED = ['Ada', 'Grace', 'Linus'] as const;

export const MAX_NAME = 40;

/** The account of a name, whatever its case: `Ada ` and `ada` are one. Undefined for a name without a letter. */
export function accountIdOf(name: string): string | undefined {
  const id = name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, MAX_NAME);
  return /\p{L}/u.test(id) ? id : undefined;
}

/** Every name is an account: this shop sells nothing, and its provider knows nobody. */
export function accountOf(id: string): Account {
  return { accountId: id, claims: () => ({ sub: id, name: nameOf(id) }) };
}

function nameOf(id: string): string {
  return id
    .split('-')
    .map(word => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join(' ');
}
