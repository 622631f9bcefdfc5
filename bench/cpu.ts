import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds of a tick of utime and stime: USER_HZ is 100 on every Linux that Node supports. */
const TICK = 10_000_000;

/**
 * The CPU time of a process in nanoseconds, over all its threads, as the kernel accounts it
 * (/proc/PID/task/TID/schedstat).
 */
export function cpuNanoseconds(pid: number): number {
  let total = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    total += threadNanoseconds(`/proc/${pid}/task/${task}/schedstat`);
  }
  return total;
}

/** 0 for a thread that has ended since the folder was read. */
function threadNanoseconds(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}

/** The share of it that was spent outside the kernel, in steps of 10 ms: only long sums are exact. */
export function userNanoseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the command, in parentheses, may contain spaces.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]) * TICK;
}

/** The memory of a process in bytes (RSS), pages that it shares with others included. */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return Number(kilobytes) * 1024;
}

export function sumOf(pids: readonly number[], read: (pid: number) => number): number {
  return pids.reduce((sum, pid) => sum + read(pid), 0);
}
