import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runBeside } from '../scripts/run-beside.ts';
import { startBackends } from './backends.ts';

// Runs an example with its backends: its own program, or the gateway for its routes.
const [name = '', command = 'start', ...args] = process.argv.slice(2);
const folders = await readdir(import.meta.dirname, { withFileTypes: true });
const names = folders.flatMap(folder => (folder.isDirectory() ? [folder.name] : []));
if (!names.includes(name)) {
  console.error(`npm run example <name>, where <name> is one of: ${names.join(', ')}`);
  process.exit(2);
}

const dir = join(import.meta.dirname, name);
const { default: backends } = await import(join(dir, 'backends.ts'));
const program = existsSync(join(dir, 'app.ts'))
  ? ['--conditions=portico-source', 'app.ts']
  : ['../../bin/portico.js', command, ...args];
runBeside(await startBackends(backends), program, dir);
