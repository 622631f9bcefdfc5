import type { WorkerExplanation } from '../admin/status.ts';
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
import type { Terminal } from './terminal.ts';

type Paint = Terminal['paint'];
type LineRow = readonly [label: string, text: string];

const LABEL_WIDTH = 8;
const GAP = '     ';

/** What the workers say, once where they agree; each has its own memory, so where they do not, a line of each. */
export function explanationLines(workers: readonly WorkerExplanation[], { paint }: Pick<Terminal, 'paint'>): string[] {
  const [first] = workers;
  if (first === undefined) return [];
  const agree = workers.every(({ explanation }) => stateOf(explanation) === stateOf(first.explanation));
  const rows = rowsOf(first.explanation, paint, agree ? [] : workers);
  if (agree && workers.length > 1) {
    rows.push([
      'workers',
      `${workers.length}, and all of them would; circuits, limits and machines as ${first.pid} has them`,
    ]);
  }
  return rows.map(([label, text]) => ` ${paint('dim', label.padEnd(LABEL_WIDTH))} ${text}`.trimEnd());
}

/** Ages differ from worker to worker: what would happen is what they agree in. */
function stateOf({ outcome }: Explanation): string {
  if (outcome.kind !== 'route') return JSON.stringify(outcome);
  const { steps, parts } = outcome.route;
  const caches = [...steps, ...parts].map(({ name, cache }) => [name, cache?.state, cache?.why, cache?.would.verdict]);
  return JSON.stringify(caches);
}

function rowsOf(explanation: Explanation, paint: Paint, differing: readonly WorkerExplanation[]): LineRow[] {
  const { method, url, outcome } = explanation;
  const request: LineRow = ['request', `${method} ${url}`];
  switch (outcome.kind) {
    case 'answered':
      return [request, ['would', `${paint('green', String(outcome.status))} at the door (${outcome.detail})`]];
    case 'refused': {
      const { status, code, detail } = outcome;
      return [request, ['would', `${paint('red', String(status))} ${code} at the door (${detail})`]];
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
  const asked = steps.slice(at + 1).filter(({ quiet }) => quiet !== true);
  const backend = [route.response, ...asked.map(stepWords)].join(' · ');
  const rows: LineRow[] = [['route', [file, paramWords(params)].filter(text => text !== '').join(GAP)]];
  if (around.length > 0) rows.push(['first', around.map(stepWords).join(' · ')]);
  if (differing.length > 0) return [...rows, ...workerRows(differing), ['else', `→ ${backend}`]];
  if (cache !== undefined) rows.push(['cache', cacheWords(cache)], ...withheldRows(cache));
  rows.push(['would', cache === undefined ? `→ ${backend}` : wouldWords(cache, backend, paint)]);
  return [...rows, ...nowRows(steps), ...parts.flatMap(part => partRows(part, paint))];
}

function stepWords({ name, policy }: StepExplanation): string {
  return name === 'guard' ? 'guard is asked first' : policy;
}

function paramWords(params: RouteExplanation['params']): string {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
    .join(', ');
}

/** How what protects the backend stands. */
function nowRows(steps: readonly StepExplanation[]): LineRow[] {
  return steps.flatMap(({ name, now }): LineRow[] => (now === undefined ? [] : [[name, now]]));
}

function partRows({ name, cache, unknown, steps }: PartExplanation, paint: Paint): LineRow[] {
  if (unknown !== undefined) return [['part', `${name}${GAP}${unknown}`]];
  const asked = steps.filter(({ quiet }) => quiet !== true).map(stepWords);
  const backend = ['its backend', ...asked].join(' · ');
  const first: LineRow[] =
    cache === undefined
      ? [['part', `${name}${GAP}→ ${backend}`]]
      : [
          ['part', `${name}${GAP}${cacheWords(cache)}`],
          ...withheldRows(cache),
          ['', wouldWords(cache, backend, paint)],
        ];
  return [...first, ...nowRows(steps).map(([step, now]): LineRow => ['', `${step}${GAP}${now}`])];
}

/** One line per worker, and per part where parts have caches. */
function workerRows(workers: readonly WorkerExplanation[]): LineRow[] {
  const cells = workers.flatMap(({ pid, explanation: { outcome } }) => {
    if (outcome.kind !== 'route') return [[String(pid), '', outcome.kind, String(outcome.status)]];
    const { steps, parts } = outcome.route;
    const own = steps.flatMap(({ cache }) => (cache === undefined ? [] : [['', cache] as const]));
    const caches = [
      ...own,
      ...parts.flatMap(({ name, cache }) => (cache === undefined ? [] : [[name, cache] as const])),
    ];
    return caches.map(([name, cache]) => [String(pid), name, stateWords(cache), verdictWords(cache.would)]);
  });
  return columns(cells).map((line, i) => [i === 0 ? 'workers' : '', line]);
}

function cacheWords(cache: CacheExplanation): string {
  return `key ${cache.key}${GAP}${stateWords(cache)}`;
}

function withheldRows({ withheld = [] }: CacheExplanation): LineRow[] {
  return withheld.length === 0
    ? []
    : [['', `not sent: ${withheld.join(', ')} (in no key; \`cache.vary\` puts it there)`]];
}

function stateWords({ state, why, stored }: CacheExplanation): string {
  switch (state) {
    case 'not-asked':
      return 'not asked';
    case 'absent':
      return 'nothing stored';
    case 'unshared':
      return `not for sharing: ${why ?? ''}`;
    default:
      return stored === undefined ? state : storedWords(stored, state === 'asked-about-first');
  }
}

function storedWords(stored: StoredExplanation, isAlone: boolean): string {
  const { ageSeconds, freshForSeconds, bytes, tags, softlyPurged, status } = stored;
  return [
    'stored',
    status !== 200 && `status ${status}`,
    `${ageSeconds} s old`,
    isAlone && 'asked about before each use',
    softlyPurged && 'stale by a purge',
    freshForSeconds < 0 && !softlyPurged && !isAlone && `stale for ${-freshForSeconds} s`,
    ...(freshForSeconds < 0 || softlyPurged ? windowWords(stored) : []),
    sizeWords(bytes),
    tags.length > 0 && `tags ${tags.join(', ')}`,
  ]
    .filter(text => text !== false)
    .join(', ');
}

function windowWords(stored: StoredExplanation): string[] {
  const { refreshedForSeconds, insteadOfErrorForSeconds, insteadOfSilenceForSeconds } = stored;
  const windows: [number | undefined, string][] = [
    [refreshedForSeconds, 'given while it is asked for again'],
    [insteadOfErrorForSeconds, 'in place of a 5xx'],
    [insteadOfSilenceForSeconds, 'in place of no answer'],
  ];
  return windows
    .filter(([seconds]) => seconds !== 0)
    .map(([seconds, use]) => (seconds === undefined ? `${use} for ever` : `${use} for ${seconds} s more`));
}

const UNITS = ['kB', 'MB', 'GB'];

function sizeWords(bytes: number): string {
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

function wouldWords(cache: CacheExplanation, backend: string, paint: Paint): string {
  const { would, tiers } = cache;
  const words = verdictWords(would).replace(would.verdict, paint(COLORS[would.verdict], would.verdict));
  if (would.verdict === 'HIT') return `${words}; else → ${backend}`;
  if (would.verdict === 'REFUSE') return words;
  // Only what memory misses is looked for behind it.
  const behind = cache.state === 'absent' && tiers.length > 0 ? ` → ${tiers.join(' → ')}, where nobody has looked` : '';
  return `${words}${behind} → ${backend}`;
}

function verdictWords({ verdict, detail }: CacheOutlook): string {
  return detail === '' ? verdict : `${verdict} (${detail})`;
}
