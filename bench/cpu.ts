import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds a process has spent on a CPU, over all its threads: the kernel's own accounting
 * (/proc/PID/task/TID/schedstat).
 */
export function cpuNanoseconds(pid: number): number {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return total;
}
