import { execFileSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { RunInfo } from './results.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export function runInfo(quick: boolean): RunInfo {
  const [first] = cpus();
  return {
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: first?.model.trim() ?? 'unknown',
    cores: cpus().length,
    loadBefore: Math.round((loadavg()[0] ?? Number.NaN) * 10) / 10,
    quick,
  };
}

// Only what the package consists of makes a difference to the figures.
function commit(): string {
  const id = git('rev-parse', '--short', 'HEAD');
  return git('status', '--porcelain', '--', 'src', 'bin', 'package.json') === '' ? id : `${id}+`;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}
