import type { WorkerExplanation } from '../admin/managed-gateway.ts';
import type {
  CacheExplanation,
  CacheOutlook,
  Explanation,
  PartExplanation,
  RouteExplanation,
  StepExplanation,
  StoredExplanation,
} from '../core/explanation.ts';
import { columns } from './columns.ts';
import { printable } from './session-lines.ts';
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];
type LineRow = readonly [label: string, text: string];

const LABEL_WIDTH = 9;
const GAP = '     ';

/**
 * The explanations of all workers: a single one if they agree, else one line for each, since each has its own memory.
 */
export function explanationLines(workers: readonly WorkerExplanation[], { paint }: Pick<Terminal, 'paint'>): string[] {
  const [first] = workers;
  if (first === undefined) return [];
  const agree = workers.every(({ explanation }) => stateOf(explanation) === stateOf(first.explanation));
  const rows = rowsOf(first.explanation, paint, agree ? [] : workers);
  if (agree && workers.length > 1) {
    rows.push([
      'workers',
      `${workers.length}, all with this result; circuits, limits and targets as worker ${first.pid} has them`,
    ]);
  }
  return rows.map(([label, text]) => ` ${paint('dim', label.padEnd(LABEL_WIDTH))} ${text}`.trimEnd());
}

/** The result, in which workers have to agree; ages differ from worker to worker. */
function stateOf({ outcome }: Explanation): string {
  if (outcome.kind !== 'route') return JSON.stringify(outcome);
  const { steps, parts } = outcome.route;
  const caches = [...steps, ...parts].map(({ name, cache }) => [name, cache?.state, cache?.why, cache?.result.verdict]);
  return JSON.stringify(caches);
}

function rowsOf(explanation: Explanation, paint: Paint, differing: readonly WorkerExplanation[]): LineRow[] {
  const { method, url, outcome } = explanation;
  const request: LineRow = ['request', `${method} ${url}`];
  switch (outcome.kind) {
    case 'own-response':
      return [request, ['result', `${paint('green', String(outcome.status))} from the gateway (${outcome.detail})`]];
    case 'refused': {
      const { status, code, detail } = outcome;
      return [request, ['result', `${paint('red', String(status))} ${code} from the gateway (${detail})`]];
    }
    case 'route':
      return [request, ...routeRows(outcome.route, paint, differing)];
  }
}

function routeRows(route: RouteExplanation, paint: Paint, differing: readonly WorkerExplanation[]): LineRow[] {
  const { file, params, steps, parts } = route;
  const at = steps.findIndex(({ cache }) => cache !== undefined);
  const cache = steps[at]?.cache;
  const around = steps.slice(0, Math.max(at, 0));
  const explicit = steps.slice(at + 1).filter(({ implicit }) => implicit !== true);
  const backend = [route.response, ...explicit.map(stepText)].join(' · ');
  const rows: LineRow[] = [['route', [file, paramText(params)].filter(text => text !== '').join(GAP)]];
  if (around.length > 0) rows.push(['before', around.map(stepText).join(' · ')]);
  rows.push(...steps.flatMap(decisionRows));
  if (differing.length > 0) return [...rows, ...workerRows(differing), ['otherwise', `→ ${backend}`]];
  if (cache !== undefined) rows.push(['cache', cacheText(cache)], ...withheldRows(cache));
  rows.push(['result', cache === undefined ? `→ ${backend}` : resultText(cache, backend, paint)]);
  return [...rows, ...nowRows(steps), ...parts.flatMap(part => partRows(part, paint))];
}

function stepText({ name, policy }: StepExplanation): string {
  return name === 'guard' ? 'guard first' : policy;
}

function paramText(params: RouteExplanation['params']): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ');
}

function decisionRows({ name, decision }: StepExplanation): LineRow[] {
  return decision === undefined ? [] : [[name, printable(decision)]];
}

/** The current state of circuit, limit, targets and retry budget. */
function nowRows(steps: readonly StepExplanation[]): LineRow[] {
  return steps.flatMap(({ name, now }): LineRow[] => (now === undefined ? [] : [[name, now]]));
}

function partRows({ name, cache, unknown, steps }: PartExplanation, paint: Paint): LineRow[] {
  if (unknown !== undefined) return [['part', `${name}${GAP}${unknown}`]];
  const explicit = steps.filter(({ implicit }) => implicit !== true).map(stepText);
  const backend = ['its backend', ...explicit].join(' · ');
  const first: LineRow[] =
    cache === undefined
      ? [['part', `${name}${GAP}→ ${backend}`]]
      : [['part', `${name}${GAP}${cacheText(cache)}`], ...withheldRows(cache), ['', resultText(cache, backend, paint)]];
  return [
    ...first,
    ...[...steps.flatMap(decisionRows), ...nowRows(steps)].map(([step, now]): LineRow => ['', `${step}${GAP}${now}`]),
  ];
}

/** One line per worker, and per part if parts have caches. */
function workerRows(workers: readonly WorkerExplanation[]): LineRow[] {
  const cells = workers.flatMap(({ pid, explanation: { outcome } }) => {
    if (outcome.kind !== 'route') return [[String(pid), '', outcome.kind, String(outcome.status)]];
    const { steps, parts } = outcome.route;
    const own = steps.flatMap(({ cache }) => (cache === undefined ? [] : [['', cache] as const]));
    const caches = [
      ...own,
      ...parts.flatMap(({ name, cache }) => (cache === undefined ? [] : [[name, cache] as const])),
    ];
    return caches.map(([name, cache]) => [String(pid), name, stateText(cache), verdictText(cache.result)]);
  });
  return columns(cells).map((line, i) => [i === 0 ? 'workers' : '', line]);
}

function cacheText(cache: CacheExplanation): string {
  return `key ${cache.key}${GAP}${stateText(cache)}`;
}

function withheldRows({ withheld = [] }: CacheExplanation): LineRow[] {
  return withheld.length === 0
    ? []
    : [['', `not sent: ${withheld.join(', ')} (not in the key; add it to \`cache.vary\`)`]];
}

function stateText({ state, why, stored }: CacheExplanation): string {
  switch (state) {
    case 'bypassed':
      return 'bypassed';
    case 'absent':
      return 'nothing stored';
    case 'unshared':
      return `not shared: ${why ?? ''}`;
    default:
      return stored === undefined ? state : storedText(stored, state === 'must-revalidate');
  }
}

function storedText(stored: StoredExplanation, isAlone: boolean): string {
  const { ageSeconds, freshForSeconds, bytes, tags, softlyPurged, status } = stored;
  return [
    'stored',
    status !== 200 && `status ${status}`,
    `${ageSeconds} s old`,
    isAlone && 'revalidated before each use',
    softlyPurged && 'stale by a purge',
    freshForSeconds < 0 && !softlyPurged && !isAlone && `stale for ${-freshForSeconds} s`,
    ...(freshForSeconds < 0 || softlyPurged ? windowText(stored) : []),
    sizeText(bytes),
    tags.length > 0 && `tags ${tags.join(', ')}`,
  ]
    .filter(text => text !== false)
    .join(', ');
}

function windowText(stored: StoredExplanation): string[] {
  const { refreshedForSeconds, insteadOfErrorForSeconds, insteadOfSilenceForSeconds } = stored;
  const windows: [number | undefined, string][] = [
    [refreshedForSeconds, 'served during revalidation'],
    [insteadOfErrorForSeconds, 'served instead of a 5xx'],
    [insteadOfSilenceForSeconds, 'served instead of no response'],
  ];
  return windows
    .filter(([seconds]) => seconds !== 0)
    .map(([seconds, use]) => (seconds === undefined ? `${use} without end` : `${use} for ${seconds} s more`));
}

const UNITS = ['kB', 'MB', 'GB'];

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${UNITS[power - 1]}`;
}

const COLORS = {
  HIT: 'green',
  STALE: 'yellow',
  REVALIDATE: 'yellow',
  MISS: 'cyan',
  PASS: 'magenta',
  REFUSE: 'red',
} as const;

function resultText(cache: CacheExplanation, backend: string, paint: Paint): string {
  const { result, tiers } = cache;
  const words = verdictText(result).replace(result.verdict, paint(COLORS[result.verdict], result.verdict));
  if (result.verdict === 'HIT') return `${words}; otherwise → ${backend}`;
  if (result.verdict === 'REFUSE') return words;
  // The stores behind the memory are read only after a miss in memory.
  const behind = cache.state === 'absent' && tiers.length > 0 ? ` → ${tiers.join(' → ')}, not looked up` : '';
  return `${words}${behind} → ${backend}`;
}

function verdictText({ verdict, detail }: CacheOutlook): string {
  return detail === '' ? verdict : `${verdict} (${detail})`;
}
