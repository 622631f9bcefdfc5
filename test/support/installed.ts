import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Debian has servers in a folder that is in the path of root alone.
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** The file of a program; its name if there is none, so that starting it fails with that name. */
export function installed(program: string): string {
  return FOLDERS.map(folder => join(folder, program)).find(isExecutable) ?? program;
}

/** Why tests of a program cannot run here; undefined if they can. In CI a missing program is a failure. */
export function missing(program: string, debianPackage = program): string | undefined {
  if (installed(program) !== program || process.env.CI !== undefined) return undefined;
  return `no ${program} here: apt-get install ${debianPackage}`;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
