import { hash } from 'node:crypto';
import { parseKeys } from '../config/api-key-entries.ts';
import type { ApiKey } from '../config/auth.ts';
import type { User } from '../core/user.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The users of API keys. They are found by the SHA-256 of a key: how long that takes says nothing about the keys,
 * because nobody can choose the digits of a hash.
 */
export class ApiKeys {
  readonly #users: ReadonlyMap<string, User>;

  /** @throws TypeError if the option, or the variable that it names, has an entry that is none, or has none at all. */
  constructor({ hashes }: Pick<ApiKey, 'hashes'>, env: Environment = process.env) {
    this.#users = 'env' in hashes ? usersIn(env, hashes.env) : usersOf(hashes, 'auth.apiKey.hashes');
  }

  /** The user with that key; undefined if it is nobody's. */
  user(key: string): User | undefined {
    return this.#users.get(hash('sha256', key));
  }
}

function usersIn(env: Environment, variable: string): ReadonlyMap<string, User> {
  const entries = (env[variable] ?? '').split(/[;\r\n]/).filter(entry => entry.trim() !== '');
  if (entries.length === 0) throw new TypeError(`the variable ${variable} has no API keys`);
  return usersOf(entries, `the variable ${variable}`);
}

function usersOf(entries: readonly string[], place: string): ReadonlyMap<string, User> {
  const { users, mistakes } = parseKeys(entries);
  if (mistakes.length === 0) return users;
  throw new TypeError(`${place}: ${mistakes.map(({ message }) => message).join('; ')}`);
}
