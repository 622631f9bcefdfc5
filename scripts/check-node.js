// Runs before the npm scripts, with the same `node`, and is therefore plain JavaScript.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const isEnough = major > 24 || (major === 24 && minor >= 9);

if (!isEnough) {
  const installed = existsSync(new URL('../node_modules/portico-node-runtime/package.json', import.meta.url));
  const remedy = installed
    ? `npm left out the Node of scripts/node-runtime. Where optional packages are omitted, run: npm ci --include=optional. For ${process.platform} on ${process.arch} without one, install Node 24.9 or newer.`
    : 'Node 26 comes with the dependencies. Run: npm ci';
  console.error(`This is Node ${process.versions.node}, and Portico needs 24.9 or newer.\n${remedy}`);
  process.exitCode = 1;
}
