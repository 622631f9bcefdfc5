import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isInstalled } from '../peers/daemon.ts';

const run = promisify(execFile);

export function hasWrk(): boolean {
  return isInstalled('wrk', '-v');
}

/** Requests a second of a closed loop. wrk needs less CPU than a client in Node, and leaves more to the server. */
export async function requestsPerSecond(port: number, path: string, seconds: number): Promise<number> {
  const args = ['-t', '1', '-c', '16', '-d', `${seconds}s`, `http://127.0.0.1:${port}${path}`];
  return readRate((await run('wrk', args)).stdout);
}

/** @throws if more than one in a hundred requests failed. */
export function readRate(printed: string): number {
  const requests = Number(/(\d+) requests in/.exec(printed)?.[1] ?? 0);
  const lines = printed.match(/Non-2xx or 3xx responses: .*|Socket errors: .*/g) ?? [];
  const failed = lines.flatMap(line => line.match(/ \d+/g) ?? []).reduce((sum, count) => sum + Number(count), 0);
  if (failed > requests / 100) throw new Error(`wrk: ${lines.join(', ')} of ${requests}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1] ?? Number.NaN);
}
