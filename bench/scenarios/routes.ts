import type { Peer } from '../peers/peer.ts';
import type { Bench } from './bench.ts';
import { type Entry, measureLoad } from './load-scenario.ts';
import { routePath, writeProject } from './route-files.ts';

const [FEW, MANY] = [10, 10_000];
/** Reaches every route, in an order in which neighbours are far from each other. */
const STRIDE = 7_919;

/** Whether a request costs more where there are many routes. */
export async function routes(bench: Bench): Promise<void> {
  const few = await started(bench, FEW);
  const many = await started(bench, MANY);
  await measureLoad(bench, {
    id: 'routes',
    title: 'A proxied request among 10 and 10,000 routes',
    entries: [
      entryOf('portico', many, FEW),
      entryOf(`${FEW} routes`, few, FEW),
      entryOf('10,000 routes, all in use', many, MANY),
    ],
    notes: ['`portico` has 10,000 routes, of which the requests use ten'],
  });
}

async function started(bench: Bench, count: number): Promise<Peer> {
  const project = writeProject(bench.portico.dir, count);
  return bench.stopLater(await bench.portico.peer(bench.backend.port, { project }));
}

function entryOf(name: string, peer: Peer, used: number): Entry {
  let sent = 0;
  return { name, peer, request: { path: () => routePath((sent++ * STRIDE) % used) } };
}
