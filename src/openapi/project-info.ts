import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

/** What an OpenAPI document says of the project. */
export interface ProjectInfo {
  readonly title: string;
  readonly version: string;
}

/** Name and version of the project's package; its folder's name, and 0.0.0, where it has none. */
export async function projectInfo(dir: string): Promise<ProjectInfo> {
  const { name, version } = await manifestOf(dir);
  return {
    title: typeof name === 'string' ? name : basename(resolve(dir)),
    version: typeof version === 'string' ? version : '0.0.0',
  };
}

/** The members of package.json that are written, if they are texts. */
interface WrittenInfo {
  readonly name?: unknown;
  readonly version?: unknown;
}

async function manifestOf(dir: string): Promise<WrittenInfo> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch {
    // A running gateway needs the file no more, and it may be changed just now.
    return {};
  }
}
