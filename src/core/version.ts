import { readFileSync } from 'node:fs';

/** The version of Portico, from its package.json. */
export function porticoVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
