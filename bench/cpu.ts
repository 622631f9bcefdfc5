import { readdirSync, readFileSync } from 'node:fs';

/**
 * The CPU time of a process in nanoseconds, over all its threads, as the kernel accounts it
 * (/proc/PID/task/TID/schedstat).
 */
export function cpuNanoseconds(pid: number): number {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return total;
}
