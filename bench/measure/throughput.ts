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

/** @throws if a response failed. */
export function readRate(printed: string): number {
  const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(printed)?.[0];
  if (failed !== undefined) throw new Error(`wrk: ${failed}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)?.[1] ?? Number.NaN);
}
