import type { Cost } from './hit-cost.ts';

/** The result of one burst. */
export interface Verdict {
  readonly waits: readonly number[];
  /** The number of calls to the backend. */
  readonly calls: number;
  /** The number of different responses. */
  readonly answers: number;
}

/** The bursts of one cache. */
export interface Counted {
  readonly name: string;
  readonly verdicts: readonly Verdict[];
  add(verdict: Verdict): void;
}

export interface Results {
  /** The backend's own time. */
  readonly own: number;
  readonly names: readonly string[];
  readonly herds: Readonly<Record<'cold200' | 'cold1000' | 'stale' | 'private1' | 'private2', readonly Counted[]>>;
  readonly costs: readonly Cost[];
}

export function printed({ own, names, herds, costs }: Results): string {
  const lines = [
    `the backend's own time: ${own.toFixed(0)} ms; calls / p50 / longest wait in ms, the median of all rounds`,
    line('', names),
    line('cold, 200 clients', herds.cold200.map(shown)),
    line('cold, 1,000 clients', herds.cold1000.map(shown)),
    line('stale, 200 clients', herds.stale.map(shown)),
    line('not for sharing, 200 clients', herds.private1.map(shown)),
    line('the same again', herds.private2.map(shown)),
    '',
    'CPU time per hit of all processes of each, in µs: least / median / most of the rounds',
    line('', [...names, 'bare node:http']),
    line('small', costs.filter(({ size }) => size === 'small').map(spread)),
    line('10 kB', costs.filter(({ size }) => size === 'large').map(spread)),
    '',
  ];
  const limits = [
    limit('cold p50 / own time, 200', of(herds.cold200, 'portico', p50) / own, 1.2),
    limit('cold p50 / own time, 1,000', of(herds.cold1000, 'portico', p50) / own, 1.2),
    limit('calls of a cold herd', Math.max(...callsOf(herds.cold200), ...callsOf(herds.cold1000)), 1),
    limit('calls of a stale herd', Math.max(...callsOf(herds.stale)), 1),
    limit('shared answers of those that are not for sharing', sharedIn([...herds.private1, ...herds.private2]), 0),
    ...(names.includes('varnish')
      ? [
          limit("stale p50 / varnish's", of(herds.stale, 'portico', p50) / of(herds.stale, 'varnish', p50), 1.5),
          limit("small hit / varnish's", ratio(costs, 'small', 'varnish'), 1),
          limit("10 kB hit / varnish's", ratio(costs, 'large', 'varnish'), 1),
        ]
      : []),
    limit('longest wait for what is not for sharing', of(herds.private1, 'portico', longest), 700),
    limit('the same again', of(herds.private2, 'portico', longest), 365),
    told("small hit / bare node:http's", ratio(costs, 'small', 'bare node:http')),
    told("10 kB hit / bare node:http's", ratio(costs, 'large', 'bare node:http')),
  ];
  return [...lines, ...limits].join('\n');
}

const p50 = ({ waits }: Verdict): number => waits[Math.floor(waits.length / 2)] ?? Number.NaN;
const longest = ({ waits }: Verdict): number => waits.at(-1) ?? Number.NaN;

function shown({ verdicts }: Counted): string {
  const calls = [...new Set(verdicts.map(verdict => verdict.calls))].sort((a, b) => a - b).join('–');
  return `${calls} / ${median(verdicts.map(p50)).toFixed(0)} / ${median(verdicts.map(longest)).toFixed(0)}`;
}

function spread({ micros }: Cost): string {
  const sorted = micros.toSorted((a, b) => a - b);
  return [sorted[0], median(sorted), sorted.at(-1)].map(value => (value ?? Number.NaN).toFixed(1)).join(' / ');
}

function of(counted: readonly Counted[], name: string, figure: (verdict: Verdict) => number): number {
  return median(counted.find(each => each.name === name)?.verdicts.map(figure) ?? []);
}

function callsOf(counted: readonly Counted[]): readonly number[] {
  return counted.find(({ name }) => name === 'portico')?.verdicts.map(({ calls }) => calls) ?? [];
}

/** How many of the clients got a response that another one got too. */
function sharedIn(counted: readonly Counted[]): number {
  const verdicts = counted.filter(({ name }) => name === 'portico').flatMap(each => each.verdicts);
  return verdicts.reduce((sum, { waits, answers }) => sum + waits.length - answers, 0);
}

/** Both values come from the same round, so that the state of the computer affects both. */
function ratio(costs: readonly Cost[], size: Cost['size'], other: string): number {
  const [ours, theirs] = ['portico', other].map(name => costs.find(cost => cost.name === name && cost.size === size));
  return median((ours?.micros ?? []).map((micros, i) => micros / (theirs?.micros[i] ?? Number.NaN)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function told(what: string, value: number): string {
  return what.padEnd(64) + value.toFixed(2).padStart(8);
}

function limit(what: string, value: number, max: number): string {
  return `${told(`${what} (at most ${max})`, value)}  ${value <= max ? 'reached' : 'MISSED'}`;
}

function line(name: string, cells: readonly string[]): string {
  return name.padEnd(32) + cells.map(cell => cell.padStart(24)).join('');
}
