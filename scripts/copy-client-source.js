// `portico client` writes the client's sources into other repositories. In the package they are texts, because a
// TypeScript file in it would be compiled by those who import it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../src/client/', import.meta.url));
const to = fileURLToPath(new URL('../dist/client/source/', import.meta.url));

mkdirSync(to, { recursive: true });
for (const file of readdirSync(from)) writeFileSync(to + file.replace(/\.ts$/, '.txt'), readFileSync(from + file));
