import { hash } from 'node:crypto';

/** 96 bits of a digest in base64url. */
const DIGEST_LENGTH = 16;
/** A worker gets the digests with its other options in one variable, which has at most 128 KiB. */
const MAX_PASSED = 4_000;

let known: Set<string> | undefined;

/**
 * From now on this process remembers which schemas compile, and takes those for valid that another process has compiled
 * before it: the verdict depends on nothing but the text of a schema. They are compiled at their first use.
 * @param digests of another process, from `validSchemas`.
 */
export function rememberSchemas(digests = ''): void {
  known = new Set();
  for (let at = 0; at < digests.length; at += DIGEST_LENGTH) known.add(digests.slice(at, at + DIGEST_LENGTH));
}

/** The digests of the schemas that compile, as one text. */
export function validSchemas(): string {
  return [...(known ?? [])].slice(-MAX_PASSED).join('');
}

/**
 * Calls `compile`, unless the schema is known to compile.
 * @param use how the schema is read. @throws whatever `compile` throws.
 */
export function compiledOnce(schema: object, use: string, compile: () => void): void {
  const digest = known && digestOf(`${use} ${JSON.stringify(schema)}`);
  if (digest !== undefined && known?.has(digest) === true) return;
  compile();
  if (digest !== undefined) known?.add(digest);
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);
}
