import { setTimeout as wait } from 'node:timers/promises';
import { residentBytes, sumOf } from '../cpu.ts';
import { Load } from '../load.ts';
import type { Figures } from '../measure/figures.ts';
import { type Contender, measureRounds } from '../measure/rounds.ts';
import type { Peer } from '../peers/peer.ts';
import type { PeerName } from '../peers/start-peers.ts';
import type { Bench } from './bench.ts';
import { maxOpenFiles } from './open-files.ts';

const PATH = '/stored/90';
const PEERS: readonly PeerName[] = ['portico', 'bare node:http', 'nginx'];
/** Files that a process has open beside its connections. */
const OTHER_FILES = 500;
const IDLE_ROUNDS = 2;
const SETTLE_MS = 1_500;
const REQUESTS = 4_000;
/** Ten thousand connections take seconds to open. */
const MANY_ROUNDS = 3;

/** Many persistent connections: what an idle one keeps in memory, and what a request on one of them costs. */
export async function connections(bench: Bench): Promise<void> {
  for (const count of [1_000, 10_000]) await unlessTooMany(bench, `idle-${count}`, count, idle);
  for (const count of [64, 1_000, 10_000]) await unlessTooMany(bench, `active-${count}`, count, active);
}

type Measure = (bench: Bench, id: string, count: number) => Promise<void>;

async function unlessTooMany(bench: Bench, id: string, count: number, measure: Measure): Promise<void> {
  const limit = maxOpenFiles();
  if (count + OTHER_FILES <= limit) return measure(bench, id, count);
  const notes = [`skipped: ulimit -n is ${limit}, and ${count} connections need ${count + OTHER_FILES}`];
  bench.record({ id, title: `${count.toLocaleString('en')} connections`, per: 'request', subjects: {}, notes });
}

/** Each round has new processes, because a heap that has grown once hides what comes later. */
async function idle(bench: Bench, id: string, count: number): Promise<void> {
  const values = new Map<string, number[]>();
  for (let round = 0; round < IDLE_ROUNDS; round++) {
    for (const peer of await bench.start(...PEERS)) {
      const bytes = await bytesPerConnection(peer, count);
      values.set(peer.name, [...(values.get(peer.name) ?? []), bytes]);
    }
    await bench.stopAll();
  }
  bench.record({
    id,
    title: `${count.toLocaleString('en')} idle connections`,
    subjects: Object.fromEntries(
      [...values].map(([name, connectionBytes]): [string, Figures] => [name, { connectionBytes }]),
    ),
    notes: ['each connection has had one request; growth of RSS, divided by the number of connections'],
  });
}

async function bytesPerConnection(peer: Peer, count: number): Promise<number> {
  const warm = await Load.open(peer.port, PATH, 16);
  await warm.run(5_000);
  warm.close();
  await wait(SETTLE_MS);
  const before = sumOf(peer.pids(), residentBytes);
  const load = await Load.open(peer.port, PATH, count);
  await load.run(count);
  await wait(SETTLE_MS);
  const after = sumOf(peer.pids(), residentBytes);
  load.close();
  return (after - before) / count;
}

/** One server after the other within a round, because a process cannot keep the connections to all of them open. */
async function active(bench: Bench, id: string, count: number): Promise<void> {
  const peers = await bench.start(...PEERS);
  const contenders = peers.map(peer => connected(peer, count));
  const rounds = count > 1_000 ? MANY_ROUNDS : bench.settings.rounds;
  const subjects = await measureRounds(contenders, { rounds, turns: 1, requests: Math.max(REQUESTS, count) });
  await bench.stopAll();
  bench.record({
    id,
    title: `${count.toLocaleString('en')} active connections, cache hits`,
    per: 'request',
    subjects,
  });
}

function connected({ name, port, pids }: Peer, count: number): Contender {
  let load: Load | undefined;
  return {
    name,
    pids,
    async prepare() {
      load = await Load.open(port, PATH, count);
      await load.run(Math.max(count, 4_000));
    },
    run: async requests => load?.run(requests),
    async finish() {
      load?.close();
    },
  };
}
