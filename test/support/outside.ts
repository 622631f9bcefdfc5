import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/**
 * Without the environment of the outer npm, whose inner npm would use this project's folder. The registry's trusted
 * certificates stay.
 */
export function outside(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!EXTRA_CA_CERTS$)|INIT_CWD$|VITEST)/.test(name),
  );
  const env = Object.fromEntries(kept.map(([name, value = '']) => [name, value]));
  return { ...env, PATH: [dirname(process.execPath), env.PATH].join(delimiter) };
}
