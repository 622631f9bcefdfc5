import type { GenerationView, OptionChange, RouteNumbers } from '../core/generation-view.ts';
import { callGateway } from './ask-gateway.ts';
import { columns } from './columns.ts';
import type { HistoryCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico history`: the loads of the routes of the gateway on this host. Exit code 1 without a gateway. */
export async function history({ admin, json }: HistoryCommand, terminal: Terminal): Promise<number> {
  const text = await callGateway(
    { admin, path: '/history', command: undefined, undone: 'nothing was shown' },
    terminal,
  );
  if (text === undefined) return 1;
  if (json) {
    terminal.out(text);
    return 0;
  }
  const { generations } = JSON.parse(text) as { readonly generations: readonly GenerationView[] };
  for (const line of generations.flatMap(generation => generationLines(generation, terminal))) terminal.out(line);
  return 0;
}

const STATES: Readonly<Record<GenerationView['state'], string>> = {
  serving: 'serves since',
  replaced: 'served from',
  refused: 'goes on; a load was refused at',
};

function generationLines(view: GenerationView, { paint }: Pick<Terminal, 'paint'>): readonly string[] {
  const { generation, at, state, changes, routes, mistakes } = view;
  const title = `generation ${generation} ${STATES[state]} ${at}`;
  const changed =
    changes === undefined ? (state === 'refused' ? [] : ['its changes are not known']) : changes.map(changeText);
  return [
    paint(state === 'refused' ? 'red' : 'bold', title),
    ...[...mistakes, ...changed].map(line => `  ${line}`),
    ...columns(routes.length === 0 ? [] : [HEAD, ...routes.map(routeRow)]).map(line => `  ${line}`),
  ];
}

function changeText({ of, option, before, after }: OptionChange): string {
  if (option === undefined) return `${of}  is ${after ?? before}`;
  return `${of}  ${option}: ${before ?? 'not set'} → ${after ?? 'not set'}`;
}

const HEAD = ['ROUTE', 'REQUESTS', 'ERRORS', 'P95', 'BEFORE'];

function routeRow({ route, requests, errors, p95Ms, before }: RouteNumbers): readonly string[] {
  return [
    route,
    String(requests),
    errorText(requests, errors),
    timeText(p95Ms),
    before === undefined ? '' : `${errorText(before.requests, before.errors)}, p95 ${timeText(before.p95Ms)}`,
  ];
}

function errorText(requests: number, errors: number): string {
  if (errors === 0) return 'none';
  return `${errors} (${((errors / requests) * 100).toFixed(1)} %)`;
}

/** The end of a bucket. */
function timeText(ms: number | undefined): string {
  return ms === undefined ? 'above 10 s' : `≤ ${ms} ms`;
}
