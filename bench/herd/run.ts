import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Load } from '../load.ts';
import { startNginx, startVarnish } from '../peers/daemons.ts';
import { isPeer, type Peer } from '../peers/peer.ts';
import { startSubject } from '../subject.ts';
import { startBareNode, startPortico } from './caches.ts';
import { Clients } from './clients.ts';
import { type Cost, hitCosts } from './hit-cost.ts';
import { type Counted, printed, type Verdict } from './table.ts';

const ROUNDS = 5;
/** Rounds of unshareable bursts: nginx takes eleven seconds for one. */
const PRIVATE_ROUNDS = 2;
/** After this time a response with a lifetime of one second is stale, in whole seconds too. */
const UNTIL_STALE_MS = 2_500;
const UNTIL_REFRESHED_MS = 600;
/** A new server differs from a warm one, because Node compiles its code while it runs. */
const WARM_UP = 20_000;

const dir = mkdtempSync(join(tmpdir(), 'portico-herd-'));
const backend = await startSubject('slow-backend');
const asked = [
  await startPortico(backend.port),
  await startNginx(backend.port, dir),
  await startVarnish(backend.port, dir),
];
const caches = asked.filter(isPeer);
const bare = await startBareNode();
let questions = 0;

try {
  for (const each of asked) if (!isPeer(each)) console.log(`${each.name} is not here: ${each.install}\n`);
  await warmUp();
  const own = await ownTime();
  const herds = {
    cold200: await coldHerds(200),
    cold1000: await coldHerds(1_000),
    stale: await staleHerds(),
    ...(await privateHerds()),
  };
  const costs: readonly Cost[] = await hitCosts([...caches, bare]);
  console.log(printed({ own, names: caches.map(({ name }) => name), herds, costs }));
} finally {
  for (const each of [...caches, bare, backend]) await each.stop();
  rmSync(dir, { recursive: true });
}

/** Hits and bursts that are not measured. */
async function warmUp(): Promise<void> {
  for (const { port } of caches) {
    const load = await Load.open(port, '/herd/small', 16);
    await load.run(WARM_UP);
    load.close();
  }
  for (const cache of caches) {
    const path = `/herd/stale/${cache.name}-${++questions}`;
    await burst(cache, path, 200);
    await wait(UNTIL_STALE_MS);
    await burst(cache, path, 200);
    // Each burst takes nginx five seconds, and its code is already compiled.
    const bursts = cache.name === 'nginx' ? 0 : 10;
    const personal = `/herd/private/${cache.name}-${++questions}`;
    for (let i = 0; i < bursts; i++) await burst(cache, personal, 200);
  }
}

/** The median time of one request directly to the backend. */
async function ownTime(): Promise<number> {
  const one = await Clients.open(backend.port, 1);
  const waits: number[] = [];
  for (let i = 0; i < ROUNDS; i++) waits.push((await one.ask(`/herd/cold/own-${i}`)).waits[0] ?? Number.NaN);
  one.close();
  return waits.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function coldHerds(count: number): Promise<Counted[]> {
  const counted = caches.map(({ name }) => emptyCount(name));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, cache] of caches.entries()) {
      counted[i]?.add(await burst(cache, `/herd/cold/${cache.name}-${++questions}`, count));
    }
  }
  return counted;
}

async function staleHerds(): Promise<Counted[]> {
  const counted = caches.map(({ name }) => emptyCount(name));
  for (let round = 0; round < ROUNDS; round++) {
    const paths = caches.map(({ name }) => `/herd/stale/${name}-${++questions}`);
    for (const [i, cache] of caches.entries()) await burst(cache, paths[i] ?? '', 1);
    await wait(UNTIL_STALE_MS);
    for (const [i, cache] of caches.entries()) counted[i]?.add(await burst(cache, paths[i] ?? '', 200));
  }
  return counted;
}

/** Two bursts for the same address: after the first one the cache knows that the response is not shareable. */
async function privateHerds(): Promise<{ readonly private1: Counted[]; readonly private2: Counted[] }> {
  const [private1, private2] = [caches.map(({ name }) => emptyCount(name)), caches.map(({ name }) => emptyCount(name))];
  for (let round = 0; round < PRIVATE_ROUNDS; round++) {
    for (const [i, cache] of caches.entries()) {
      const path = `/herd/private/${cache.name}-${++questions}`;
      private1[i]?.add(await burst(cache, path, 200));
      private2[i]?.add(await burst(cache, path, 200));
    }
  }
  return { private1, private2 };
}

async function burst({ port }: Peer, path: string, count: number): Promise<Verdict> {
  const before = await calls(path);
  const clients = await Clients.open(port, count);
  const { waits, bodies } = await clients.ask(path);
  clients.close();
  await wait(UNTIL_REFRESHED_MS);
  return { waits, calls: (await calls(path)) - before, answers: new Set(bodies).size };
}

async function calls(path: string): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${backend.port}/calls${path}`)).text());
}

function emptyCount(name: string): Counted & { add(verdict: Verdict): void } {
  const verdicts: Verdict[] = [];
  return { name, verdicts, add: verdict => verdicts.push(verdict) };
}
