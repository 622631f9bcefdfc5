import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { unreadable } from './project-error.ts';

export type Imported =
  | { readonly exports: Readonly<Record<string, unknown>>; readonly error?: undefined }
  | { readonly error: unknown; readonly exports?: undefined };

// Enough to keep the file system busy, and few enough that a thousand routes do not open a thousand files at once.
const AT_ONCE = 64;

/**
 * Imports files of a project as Node does. Failures are collected, so that all of them can be reported.
 * @throws ProjectError for an unreadable file.
 */
export async function importAll(root: string, files: readonly string[]): Promise<ReadonlyMap<string, Imported>> {
  const imported = new Map<string, Imported>();
  const waiting = files.values();
  const work = async () => {
    for (const file of waiting) imported.set(file, await importFile(join(root, file)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return imported;
}

export async function importFile(path: string): Promise<Imported> {
  try {
    const exports: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
    return { exports };
  } catch (error) {
    if (isLocked(path, error)) throw unreadable(path, error);
    return { error };
  }
}

/** Whether the file cannot be read because of its permissions, so that no line is at fault. */
function isLocked(path: string, error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return false;
  return (error.code === 'EACCES' || error.code === 'EPERM') && error.path === path;
}
