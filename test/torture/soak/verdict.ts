import type { SoakResult } from './soak.ts';

const MAX_HEAP_GROWTH = 1.1;

export interface Row {
  readonly what: string;
  readonly found: string;
  readonly wanted: string;
  readonly fine: boolean;
}

/** The requirements on a gateway after the soak, and its actual state. */
export function verdict({ start, early, end, outcomes }: SoakResult): readonly Row[] {
  const short = [...outcomes].filter(([name]) => name.endsWith('SHORT'));
  const resources = Object.keys({ ...start.resources, ...end.resources });
  return [
    ...[...outcomes].toSorted().map(([name, count]) => row(name, count, 'any', true)),
    row('short answers that looked whole', short.length, '0', short.length === 0),
    row('unhandled', end.unhandled.join('; ') || 0, '0', end.unhandled.length === 0),
    row('warnings', end.warnings.join('; ') || 0, '0', end.warnings.length === 0),
    row('in flight', end.inFlight, '0', end.inFlight === 0),
    row(
      'heap',
      mib(end.heap),
      `at most ${MAX_HEAP_GROWTH} × ${mib(early.heap)}`,
      end.heap <= early.heap * MAX_HEAP_GROWTH,
    ),
    row('external memory', mib(end.external), `${mib(early.external)} before`, true),
    row('listeners of the process', end.listeners, `${start.listeners}`, end.listeners <= start.listeners),
    ...resources.map(name => {
      const [before = 0, after = 0] = [start.resources[name], end.resources[name]];
      return row(name, after, `at most ${before}`, after <= before);
    }),
  ];
}

export function row(what: string, found: string | number, wanted: string, fine: boolean): Row {
  return { what, found: String(found), wanted, fine };
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
