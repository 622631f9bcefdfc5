import type { Bench } from './bench.ts';
import { measureLoad } from './load-scenario.ts';

const REQUEST = { path: '/handled' };

/** Two worker processes beside one, with a handler: a backend would take its share of the same cores. */
export async function workers(bench: Bench): Promise<void> {
  const { portico, backend } = bench;
  const two = bench.stopLater(await portico.peer(backend.port, { workers: 2 }));
  const one = bench.stopLater(await portico.peer(backend.port, { workers: 1 }));
  await measureLoad(bench, {
    id: 'workers',
    title: 'Two workers and one, a handler that returns JSON',
    entries: [
      { name: 'portico', peer: two, request: REQUEST },
      { name: 'one worker', peer: one, request: REQUEST },
    ],
    underLoad: 'rates',
    notes: ['`portico` has two workers; with two cores, the load takes its share of what they can do'],
  });
}
