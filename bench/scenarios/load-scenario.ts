import { residentBytes, sumOf } from '../cpu.ts';
import { latencies } from '../latency/open-loop.ts';
import { Load, type LoadRequest } from '../load.ts';
import { type Figures, type FiguresBySubject, joined } from '../measure/figures.ts';
import { type Contender, contender, measureRounds } from '../measure/rounds.ts';
import { medianOf } from '../measure/spread.ts';
import { hasWrk, requestsPerSecond } from '../measure/throughput.ts';
import { INSTALL, type Peer } from '../peers/peer.ts';
import type { Bench } from './bench.ts';

/** Above this rate a load in Node needs so much CPU that it measures itself. */
const MAX_RATE = 3_000;
/** The backend without a server in front of it. */
const DIRECT = 'backend, direct';

/** A row of the table: a server and what it is asked for. */
export interface Entry {
  readonly name: string;
  readonly peer: Peer;
  readonly request: LoadRequest;
}

export interface LoadScenario {
  readonly id: string;
  readonly title: string;
  readonly entries: readonly Entry[];
  readonly connections?: number;
  readonly turns?: number;
  /** Requests of one turn. */
  readonly requests?: number;
  readonly warmUp?: number;
  readonly notes?: readonly string[];
  /** Whether requests a second are measured, and latencies at half of Portico's. Default neither. */
  readonly underLoad?: 'rates' | 'rates and latencies';
}

export function entries(peers: readonly Peer[], request: LoadRequest): readonly Entry[] {
  return peers.map(peer => ({ name: peer.name, peer, request }));
}

/** Measures the CPU time per request, and on demand requests a second and latencies. */
export async function measureLoad(bench: Bench, scenario: LoadScenario): Promise<void> {
  const { id, title, notes = [] } = scenario;
  const closed = await underClosedLoop(bench, scenario);
  const open = await underLoad(bench, scenario);
  bench.record({
    id,
    title,
    per: 'request',
    subjects: joined(closed.figures, open.figures),
    notes: [...notes, ...closed.notes, ...open.notes],
  });
}

interface Measurement {
  readonly figures: FiguresBySubject;
  readonly notes: readonly string[];
}

async function underClosedLoop({ settings }: Bench, scenario: LoadScenario): Promise<Measurement> {
  const { entries, connections = 16, turns = 20, requests = 400, warmUp = settings.warmUp } = scenario;
  const loads = new Map<string, Load>();
  const contenders: Contender[] = [];
  for (const { name, peer, request } of entries) {
    const load = await Load.open(peer.port, request, connections);
    await load.run(warmUp);
    loads.set(name, load);
    contenders.push(contender({ name, pids: () => peer.pids() }, load));
  }
  const pace = { rounds: settings.rounds, turns, requests: Math.max(1, Math.round(requests * settings.share)) };
  const cpu = await measureRounds(contenders, pace);
  for (const load of loads.values()) load.close();
  const failures = [...loads].filter(([, { failed }]) => failed > 0);
  return {
    figures: joined(cpu, memoryOf(entries)),
    notes: failures.map(([name, { failed }]) => `${name}: ${failed} requests failed`),
  };
}

function memoryOf(entries: readonly Entry[]): FiguresBySubject {
  return Object.fromEntries(
    entries.map(({ name, peer }): [string, Figures] => [name, { rssMB: [sumOf(peer.pids(), residentBytes) / 1e6] }]),
  );
}

async function underLoad({ settings, backend }: Bench, { entries, underLoad }: LoadScenario): Promise<Measurement> {
  if (underLoad === undefined) return { figures: {}, notes: [] };
  if (!hasWrk()) return { figures: {}, notes: [`no requests/s and no latencies without wrk: ${INSTALL}`] };
  const targets = entries.map(({ name, peer, request }) => ({ name, port: peer.port, path: String(request.path) }));
  const rates = await closedLoop(targets, settings.throughput);
  if (underLoad === 'rates') return { figures: rates, notes: [] };
  const half = Math.round(medianOf(rates.portico?.perSecond ?? []) / 2);
  const perSecond = Math.min(half, MAX_RATE);
  const direct = { name: DIRECT, port: backend.port, path: targets[0]?.path ?? '/' };
  const late = await latencies([...targets, direct], { ...settings.latency, perSecond });
  return {
    figures: joined(rates, late),
    notes: [`latencies: ${perSecond} requests/s for all, which is ${rateText(half)}`],
  };
}

function rateText(half: number): string {
  return half <= MAX_RATE ? "half of Portico's" : `the most that the load sends, half of Portico's is ${half}`;
}

async function closedLoop(
  targets: readonly { readonly name: string; readonly port: number; readonly path: string }[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<FiguresBySubject> {
  const rates = targets.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { port, path }] of targets.entries()) rates[i]?.push(await requestsPerSecond(port, path, seconds));
  }
  return Object.fromEntries(targets.map(({ name }, i) => [name, { perSecond: rates[i] ?? [] }]));
}
