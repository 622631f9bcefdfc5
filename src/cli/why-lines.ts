import { millisecondsText } from '../core/milliseconds.ts';
import type {
  AttemptView,
  OptionView,
  PartView,
  RequestFinding,
  RequestQuery,
  RequestView,
  SiteView,
} from '../core/request-view.ts';
import { columns } from './columns.ts';
import { printable } from './session-lines.ts';
import type { Terminal } from './terminal.ts';

type Painter = Pick<Terminal, 'paint'>;

const LABEL_WIDTH = 9;

/** A recent request: the reasons first, then what happened. */
export function requestLines(request: RequestView, { paint }: Painter): readonly string[] {
  const { method, path, status, at, requestId, route, file, durationMs, waitingMs, usualMs } = request;
  const own = Math.max(0, durationMs - waitingMs);
  const rows: (readonly [label: string, text: string])[] = [
    [
      'request',
      `${method} ${printable(path)} → ${paint(status >= 500 ? 'red' : 'green', String(status))}, ${at}, ${requestId}`,
    ],
    ['route', route === undefined ? 'none matched' : `${route}     ${file ?? ''}`],
    [
      'time',
      `${millisecondsText(durationMs)}${usualText(usualMs)}: ${millisecondsText(waitingMs)} waiting, ${millisecondsText(own)} own`,
    ],
    ...whyRows(request.findings),
    ...siteRows(request.site),
    ...request.parts.flatMap(partRows),
  ];
  return rows.map(([label, text]) => ` ${paint('dim', label.padEnd(LABEL_WIDTH))} ${text}`.trimEnd());
}

function whyRows(findings: readonly RequestFinding[]): readonly (readonly [string, string])[] {
  if (findings.length === 0) return [['why', 'nothing was slow, missed or failed']];
  return findings.map((finding, i) => [i === 0 ? 'why' : '', findingText(finding)]);
}

function findingText({ part, text, option }: RequestFinding): string {
  const where = option === undefined ? '' : `; ${optionText(option)}`;
  return printable(`${part === undefined ? '' : `part ${part}: `}${text}${where}`);
}

function optionText({ name, file, line }: OptionView): string {
  return file === undefined ? `\`${name}\` has its default` : `\`${name}\` at ${file}:${line}`;
}

function siteRows(site: SiteView): readonly (readonly [string, string])[] {
  const notes: (readonly [string, string | undefined])[] = [
    ['cache', site.cache],
    ['breaker', site.breaker],
    ['limit', limitText(site)],
    ['fallback', site.fallback],
  ];
  return [
    ...notes.flatMap(([label, text]) => (text === undefined ? [] : [[label, printable(text)] as const])),
    ...site.attempts.map((attempt, i) => [i === 0 ? 'attempts' : '', attemptText(attempt)] as const),
  ];
}

function limitText({ limit, queuedMs }: SiteView): string | undefined {
  return limit === undefined || limit === 'refused' ? limit : `waited ${millisecondsText(queuedMs)}`;
}

function attemptText({
  service,
  target,
  startMs,
  headersMs,
  durationMs,
  usualMs,
  status,
  outcome,
  retryOf,
}: AttemptView): string {
  const how =
    status === undefined ? (outcome ?? 'open') : `status ${status}${outcome === 'truncated' ? ', truncated' : ''}`;
  const head = headersMs === undefined ? '' : ` after ${millisecondsText(headersMs)}${usualText(usualMs)}`;
  const whole = durationMs === undefined ? '' : `, ended after ${millisecondsText(durationMs)}`;
  const again = retryOf === undefined ? '' : `, retry of ${retryOf}`;
  return `at ${millisecondsText(startMs)}  ${service}${target === undefined ? '' : ` ${target}`}  ${how}${head}${whole}${again}`;
}

function partRows(part: PartView): readonly (readonly [string, string])[] {
  const { name, startMs, durationMs, usualMs, failure, isAbsent } = part;
  const took = durationMs === undefined ? 'open' : `${millisecondsText(durationMs)}${usualText(usualMs)}`;
  const ended = isAbsent ? `  missing: ${failure}` : failure === undefined ? '' : `  failed: ${failure}`;
  const own = siteRows(part).map(([label, text]) => ['', `${label.padEnd(LABEL_WIDTH)} ${text}`] as const);
  return [['part', `${name}  at ${millisecondsText(startMs)}  ${took}${ended}`], ...own];
}

/** One line for each request, with its first reason. */
export function requestListLines(
  requests: readonly RequestView[],
  query: RequestQuery,
  { paint }: Painter,
): readonly string[] {
  if (requests.length === 0) return [emptyText(query)];
  const rows = requests.map(({ at, requestId, method, path, status, durationMs, findings: [first] }) => [
    at.slice(11, 23),
    requestId,
    String(status),
    millisecondsText(durationMs),
    `${method} ${printable(path)}`,
    first === undefined ? '' : findingText({ ...first, option: undefined }),
  ]);
  const [head = '', ...lines] = columns([['time', 'id', 'status', 'took', 'request', 'why'], ...rows]);
  return [paint('dim', head), ...lines];
}

function emptyText(query: RequestQuery): string {
  const [filter] = Object.keys(query);
  if (filter === undefined) return 'no request yet';
  return `none of the latest requests ${EMPTY[filter] ?? 'fits'}`;
}

const EMPTY: Readonly<Record<string, string>> = {
  slow: 'took longer than usual',
  miss: 'missed a cache',
  failed: 'failed',
};

function usualText(usualMs: number | undefined): string {
  return usualMs === undefined ? '' : ` (95 % take ${millisecondsText(usualMs)})`;
}
