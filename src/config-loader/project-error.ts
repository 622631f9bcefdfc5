import { getSystemErrorMap } from 'node:util';

/** The folder is no project or cannot be read, so no file can be reported on. The message names cause and remedy. */
export class ProjectError extends Error {
  override readonly name: string = 'ProjectError';
}

/** The folder has no route yet. */
export class NoRoutesError extends ProjectError {
  override readonly name = 'NoRoutesError';
}

/** Converts a file system error to a sentence about the project. */
export function unreadable(path: string, cause: unknown): ProjectError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ProjectError(`cannot read ${path}: ${reason}; check that it exists and may be read`, { cause });
}

/** The same for what cannot be written: the name and the reason. */
export function unwritable(path: string, cause: unknown): ProjectError {
  const { errno, code, message } = cause as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return new ProjectError(`cannot write ${path}: ${known === undefined ? message : `${known[1]} (${code})`}`, {
    cause,
  });
}
