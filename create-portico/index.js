#!/usr/bin/env node
// `npm create portico [folder] [flags]` is `portico init --dir folder`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [first = '', ...rest] = process.argv.slice(2);
const flags = first === '' || first.startsWith('-') ? process.argv.slice(2) : ['--dir', first, ...rest];
const program = fileURLToPath(new URL('bin/portico.js', import.meta.resolve('portico/package.json')));
const { status } = spawnSync(process.execPath, [program, 'init', ...flags], { stdio: 'inherit' });
process.exitCode = status ?? 1;
