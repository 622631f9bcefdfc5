import { cpuNanoseconds } from './cpu.ts';
import { load } from './load.ts';
import { routeLoadRatios } from './route-load.ts';
import { type Subject, startSubject } from './subject.ts';

const ROUNDS = 7;
const REQUESTS = 6_000;
const CONNECTIONS = 16;

const backend = await startSubject('backend');
const env = { BENCH_BACKEND: `http://127.0.0.1:${backend.port}`, NODE_ENV: 'production' };
const bare = await startSubject('bare', env);
const express = await startSubject('express-hpm', env);
const portico = await startSubject('portico', env);

interface Row {
  readonly name: string;
  readonly subject: Subject;
  readonly path: string;
  readonly micros: number[];
}

const row = (name: string, subject: Subject, path: string): Row => ({ name, subject, path, micros: [] });
const rows = {
  bare: row('bare node:http + undici', bare, '/proxied'),
  express: row('express + http-proxy-middleware', express, '/proxied'),
  proxied: row('portico, proxied', portico, '/proxied'),
  hit: row('portico, cache hit', portico, '/cached'),
};

for (const { subject, path } of Object.values(rows)) await load(subject.port, path, REQUESTS, CONNECTIONS);
for (let round = 0; round < ROUNDS; round++) {
  for (const { subject, path, micros } of Object.values(rows)) {
    const before = cpuNanoseconds(subject.pid);
    await load(subject.port, path, REQUESTS, CONNECTIONS);
    micros.push((cpuNanoseconds(subject.pid) - before) / REQUESTS / 1_000);
  }
}
await Promise.all([backend, bare, express, portico].map(subject => subject.stop()));

console.log(
  `CPU time per request of each process (kernel accounting), ${ROUNDS} interleaved rounds of ${REQUESTS} requests`,
);
console.log(`over ${CONNECTIONS} connections, Node ${process.versions.node}\n`);
console.log(line('', 'min', 'median', 'max'));
for (const { name, micros } of Object.values(rows)) console.log(spread(`${name} (µs)`, micros, 1));
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
