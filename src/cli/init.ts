import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { unwritable } from '../config-loader/project-error.ts';
import { writeFiles } from '../import/write-files.ts';
import { newProject, type PackageVersions } from '../scaffold/new-project.ts';
import type { InitCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico init`: a project with one backend. */
export async function init(command: InitCommand, terminal: Terminal): Promise<number> {
  const { dir, service, json } = command;
  const target = command.asks ? await chosenTarget(command.target) : command.target;
  const files = newProject({ dir, service, target, versions: ownVersions() });
  await made(dir);
  await writeFiles(dir, files);
  const names = files.map(({ file }) => file);
  if (json) {
    terminal.out(JSON.stringify({ files: names, service, target }));
    return 0;
  }
  for (const name of names) terminal.out(name);
  terminal.out(
    `every request goes to ${target}; next: ${dir === '.' ? '' : `cd ${dir} && `}npm install && npm run dev`,
  );
  return 0;
}

async function made(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (error) {
    throw unwritable(dir, error);
  }
}

/** A program, and a user who presses Enter, get the default. */
async function chosenTarget(usual: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return usual;
  process.stdout.write(`The address of the backend (${usual}): `);
  const lines = createInterface({ input: process.stdin });
  const ended = once(lines, 'close').then(() => ['']);
  const [answer] = await Promise.race([once(lines, 'line'), ended]);
  lines.close();
  return String(answer).trim() || usual;
}

/** Those that this version of Portico is tested with. */
function ownVersions(): PackageVersions {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version, devDependencies } = JSON.parse(text);
  return { portico: version, typescript: devDependencies.typescript, nodeTypes: devDependencies['@types/node'] };
}
