import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ProjectError } from './config-loader/project-error.ts';

/**
 * @param url of this module; undefined in a CommonJS bundle. @throws ProjectError if a bundler has copied the code away
 * from its own files: schemas, pages and the program of the disk cache.
 */
export function requireOwnPackage(url: string | undefined = import.meta.url): void {
  if (isBesideManifest(url)) return;
  const where = url === undefined ? 'a bundle' : `the bundle ${url.startsWith('file:') ? fileURLToPath(url) : url}`;
  throw new ProjectError(
    `Portico is part of ${where}, and the files that it reads are not beside it. Routes import it from node_modules ` +
      "anyway, so leave it out of the bundle: esbuild --external:portico, or external: ['portico'] in Rolldown and Rollup",
  );
}

function isBesideManifest(url: string | undefined): boolean {
  try {
    return JSON.parse(readFileSync(new URL('../package.json', url), 'utf8')).name === 'portico';
  } catch {
    return false;
  }
}
