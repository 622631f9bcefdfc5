import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteFile } from '../route-file.ts';

/** The folder of a static route and its fallback file exist. */
export async function checkStatic(root: string, { file, written }: RouteFile): Promise<readonly ProblemDraft[]> {
  const files = written.static;
  if (files === undefined) return [];
  const dir = resolve(root, files.dir);
  if ((await kindOf(dir)) !== 'folder') return [missing(file, 'dir', `there is no folder ${files.dir}`)];
  if (files.spa === undefined || (await kindOf(resolve(dir, files.spa))) === 'file') return [];
  return [missing(file, 'spa', `there is no file ${files.spa} in ${files.dir}`)];
}

function missing(file: string, name: string, message: string): ProblemDraft {
  const base = name === 'dir' ? "the project's folder" : '`dir`';
  return {
    code: 'P136',
    marks: [option(file, ['static', name])],
    message,
    remedy: `create it, or correct the path, which counts from ${base}`,
  };
}

async function kindOf(path: string): Promise<'folder' | 'file' | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'folder' : 'file';
}
