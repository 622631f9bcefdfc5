import { fileURLToPath } from 'node:url';
import { runBeside } from '../scripts/run-beside.ts';
import { startShop } from './shop.ts';

const [command = 'start', ...args] = process.argv.slice(2);

runBeside(await startShop(), ['bin/portico.js', command, ...args], fileURLToPath(new URL('..', import.meta.url)));
