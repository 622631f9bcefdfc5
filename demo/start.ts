import { fileURLToPath } from 'node:url';
import { runBeside } from '../scripts/run-beside.ts';
import { startShop } from './shop.ts';

const [command = 'start', ...args] = process.argv.slice(2);

// The page's client is TypeScript in this repository, and Node warns once that it can strip types.
const program = ['--disable-warning=ExperimentalWarning', 'bin/portico.js', command, ...args];

runBeside(await startShop(), program, fileURLToPath(new URL('..', import.meta.url)));
