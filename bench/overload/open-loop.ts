import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LoadOrder {
  readonly url: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** What comes later helps nobody. */
  readonly patienceMs: number;
}

/** What became of the requests that were sent in one second. */
export interface Second {
  asked: number;
  good: number;
  refused: number;
  /** Other answers, none in time, none at all. */
  failed: number;
}

interface Asked {
  readonly seconds: readonly Second[];
  /** How long the sending took: a target that is too small sends later than it should. */
  readonly sentMs: number;
}

/** Asks from a process of its own, at a rate that no response slows down. */
export async function ask(order: LoadOrder): Promise<readonly Second[]> {
  const child = forked('load', [JSON.stringify(order)]);
  const [{ seconds, sentMs }] = (await once(child, 'message')) as [Asked];
  const dueMs = order.seconds * 1000;
  if (sentMs > 1.05 * dueMs) console.log(`the load was late: ${sentMs.toFixed(0)} ms in place of ${dueMs}`);
  return seconds;
}

/** A process of `processes/`. */
export function forked(name: string, args: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url)), args);
}

export function total(seconds: readonly Second[]): Second {
  const sum: Second = { asked: 0, good: 0, refused: 0, failed: 0 };
  for (const each of seconds) {
    sum.asked += each.asked;
    sum.good += each.good;
    sum.refused += each.refused;
    sum.failed += each.failed;
  }
  return sum;
}
