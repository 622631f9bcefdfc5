import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface TestProject {
  readonly dir: string;
  write(file: string, text: string | Uint8Array): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A team's project in a folder of its own: its files by name, and an importable `portico`. */
export async function createProject(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const dir = await mkdtemp(join(tmpdir(), 'portico-test-'));
  await mkdir(join(dir, 'node_modules'));
  await symlink(ROOT, join(dir, 'node_modules', 'portico'), 'dir');
  for (const name of ['typebox', 'zod']) {
    await symlink(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name), 'dir');
  }
  const write = async (file: string, text: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  };
  await write('package.json', '{ "type": "module", "imports": { "#services": "./services.ts" } }\n');
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return { dir, write, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
