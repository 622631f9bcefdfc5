import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FiguresBySubject } from '../measure/figures.ts';

export interface OpenLoopOrder {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** The most requests at a time; later ones wait, and their wait counts. */
  readonly connections: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** How late the load itself sent its requests, p99. It is part of the latencies. */
  readonly latePercentileMs: number;
  /** Refused or broken requests, which have no latency. */
  readonly failedPercent: number;
}

const GENERATOR = fileURLToPath(new URL('./generator.ts', import.meta.url));

async function measureLatency(order: OpenLoopOrder): Promise<Latency> {
  const child = fork(GENERATOR, [JSON.stringify(order)]);
  const [result] = (await Promise.race([once(child, 'message'), failed(child)])) as [Latency];
  return result;
}

async function failed(child: ReturnType<typeof fork>): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the load ended with ${code}`);
}

export interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
}

/** The latencies of each server at the same rate, once per round, in turns. */
export async function latencies(
  targets: readonly Target[],
  { perSecond, seconds, rounds }: { readonly perSecond: number; readonly seconds: number; readonly rounds: number },
): Promise<FiguresBySubject> {
  const measured = targets.map(({ name }) => ({ name, results: [] as Latency[] }));
  for (let round = 0; round < rounds; round++) {
    for (const [i, { port, path }] of targets.entries()) {
      measured[i]?.results.push(await measureLatency({ port, path, perSecond, seconds, connections: 64 }));
    }
  }
  return Object.fromEntries(measured.map(({ name, results }) => [name, columns(results)]));
}

function columns(results: readonly Latency[]): Record<keyof Latency, readonly number[]> {
  return {
    p50Ms: results.map(({ p50Ms }) => p50Ms),
    p99Ms: results.map(({ p99Ms }) => p99Ms),
    p999Ms: results.map(({ p999Ms }) => p999Ms),
    latePercentileMs: results.map(({ latePercentileMs }) => latePercentileMs),
    failedPercent: results.map(({ failedPercent }) => failedPercent),
  };
}
