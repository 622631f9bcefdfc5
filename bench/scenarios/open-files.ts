import { readFileSync } from 'node:fs';

/** What `ulimit -n` says for this process and those that it starts. */
export function maxOpenFiles(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
}
