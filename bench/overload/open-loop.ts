import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface LoadOrder {
  readonly url: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** A later response has no value. */
  readonly patienceMs: number;
}

/** The results of the requests sent in one second. */
export interface Second {
  asked: number;
  good: number;
  refused: number;
  /** Other statuses, late responses, and missing ones. */
  failed: number;
}

interface Asked {
  readonly seconds: readonly Second[];
  /** The time that sending took: an overloaded computer sends later than planned. */
  readonly sentMs: number;
}

/** Sends requests from a process of its own, at a rate that is independent of responses. */
export async function ask(order: LoadOrder): Promise<readonly Second[]> {
  const child = forked('load', [JSON.stringify(order)]);
  const [{ seconds, sentMs }] = (await once(child, 'message')) as [Asked];
  const dueMs = order.seconds * 1000;
  if (sentMs > 1.05 * dueMs) console.log(`the load was late: ${sentMs.toFixed(0)} ms in place of ${dueMs}`);
  return seconds;
}

/** Starts a process of `processes/`. */
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
