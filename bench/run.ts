import { cpuNanoseconds } from './cpu.ts';
import { Load } from './load.ts';
import { routeLoadRatios } from './route-load.ts';
import { type Subject, startSubject } from './subject.ts';

const ROUNDS = 7;
// The speed of this computer changes from second to second, so the subjects alternate often within a round.
const TURNS = 20;
const REQUESTS_A_TURN = 400;
const WARM_UP = 30_000;
const CONNECTIONS = 16;
const REQUESTS = TURNS * REQUESTS_A_TURN;

const backend = await startSubject('backend');
const env = { BENCH_BACKEND: `http://127.0.0.1:${backend.port}`, NODE_ENV: 'production' };
const bare = await startSubject('bare', env);
const express = await startSubject('express-hpm', env);
const portico = await startSubject('portico', env);

interface Row {
  readonly name: string;
  readonly pid: number;
  readonly load: Load;
  readonly micros: number[];
}

const row = async (name: string, { pid, port }: Subject, path: string): Promise<Row> => {
  return { name, pid, load: await Load.open(port, path, CONNECTIONS), micros: [] };
};
const rows = {
  bare: await row('bare node:http + undici', bare, '/proxied'),
  express: await row('express + http-proxy-middleware', express, '/proxied'),
  proxied: await row('portico, proxied', portico, '/proxied'),
  hit: await row('portico, cache hit', portico, '/cached'),
};

const all = Object.values(rows);
for (const { load } of all) await load.run(WARM_UP);
for (let round = 0; round < ROUNDS; round++) {
  const spent = all.map(() => 0);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [i, { pid, load }] of all.entries()) {
      const before = cpuNanoseconds(pid);
      await load.run(REQUESTS_A_TURN);
      spent[i] = (spent[i] ?? 0) + cpuNanoseconds(pid) - before;
    }
  }
  for (const [i, { micros }] of all.entries()) micros.push((spent[i] ?? 0) / REQUESTS / 1_000);
}
for (const { load } of all) load.close();
await Promise.all([backend, bare, express, portico].map(subject => subject.stop()));

console.log(
  `CPU time per request of each process (kernel accounting), ${ROUNDS} interleaved rounds of ${REQUESTS} requests`,
);
console.log(`over ${CONNECTIONS} connections, Node ${process.versions.node}\n`);
console.log(line('', 'min', 'median', 'max'));
for (const { name, micros } of all) console.log(spread(`${name} (µs)`, micros, 1));
console.log();
const ratio = (over: Row, under: Row): number[] =>
  over.micros.map((value, i) => value / (under.micros[i] ?? Number.NaN));
console.log(spread('proxied / bare (expected < 1.5)', ratio(rows.proxied, rows.bare), 2));
console.log(spread('proxied / express + hpm (expected < 0.7)', ratio(rows.proxied, rows.express), 2));
console.log(spread('cache hit / bare', ratio(rows.hit, rows.bare), 2));
console.log(spread('cache hit / express + hpm', ratio(rows.hit, rows.express), 2));
console.log(spread('load 1,000 routes / import them (at most 4)', routeLoadRatios(5), 2));

function spread(name: string, values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const shown = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return line(name, ...shown.map(value => (value ?? Number.NaN).toFixed(digits)));
}

function line(name: string, ...cells: readonly string[]): string {
  return name.padEnd(46) + cells.map(cell => cell.padStart(9)).join('');
}
