import { fileURLToPath } from 'node:url';
import { runBeside } from '../scripts/run-beside.ts';
import { gatewayPort } from './gateway-port.ts';
import { startShop } from './shop.ts';

const [command = 'start', ...args] = process.argv.slice(2);
const { port, flags } = await gatewayPort(args, process.env);

// SHOP_ORIGIN is for a shop that browsers reach by another name, such as that of a proxy with TLS.
const shop = await startShop({ origin: process.env.SHOP_ORIGIN || `http://localhost:${port}` });

// The page's client is TypeScript in this repository, and Node warns once that it can strip types.
const program = ['--disable-warning=ExperimentalWarning', 'bin/portico.js', command, ...args, ...flags];

runBeside(shop, program, fileURLToPath(new URL('..', import.meta.url)));
