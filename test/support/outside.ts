import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';

export const run = promisify(execFile);

/**
 * Without what npm tells the scripts it runs: the inner npm would take this project's folder for its own. The
 * certificates that the registry is trusted by stay.
 */
export function outside(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_|NODE_(?!EXTRA_CA_CERTS$)|INIT_CWD$|VITEST)/.test(name),
  );
  const env = Object.fromEntries(kept.map(([name, value = '']) => [name, value]));
  return { ...env, PATH: [dirname(process.execPath), env.PATH].join(delimiter) };
}
