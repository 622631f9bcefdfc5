import type { PolicyRow, RouteRow } from '../admin/route-row.ts';
import type { StepName } from '../chain/step.ts';
import { porticoVersion } from '../core/version.ts';
import { columns } from './columns.ts';
import type { Ready } from './reporter.ts';
import type { Terminal } from './terminal.ts';

const MAX_ROUTES = 12;

/** Policies of every route, which are not listed. */
const EVERYBODYS: ReadonlySet<StepName> = new Set(['deadline', 'limit', 'origin', 'fields']);

/** The output of a start in a terminal. */
export function banner({ url, adminUrl, routes, workers, recordings, mock }: Ready, terminal: Terminal): string {
  const arrow = terminal.paint('green', '➜');
  const crew = workers === 0 ? '' : `, ${workers} ${workers === 1 ? 'worker' : 'workers'}`;
  const took = `ready in ${Math.round(process.uptime() * 1000)} ms${crew}`;
  const name = terminal.paint(['bold', 'cyan'], 'portico');
  return [
    `  ${name} ${porticoVersion()}  ${took}   ${terminal.paint('dim', nodeText())}`,
    `  ${arrow}  Gateway   ${terminal.paint('cyan', forBrowser(url))}`,
    `  ${arrow}  Admin     ${terminal.paint('cyan', forBrowser(adminUrl))}   routes, health, metrics`,
    ...(mock
      ? [
          `  ${arrow}  ${terminal.paint('yellow', 'Mock')}      no backend is called; responses are made from their schemas`,
        ]
      : []),
    ...(recordings === undefined ? [] : [`  ${arrow}  Recorded  ${recordings}`]),
    ...routeLines(routes),
  ].join('\n');
}

function nodeText(): string {
  const own = `Node ${process.versions.node}`;
  const host = ownNodeVersion(process.env);
  return host === undefined || host === process.versions.node ? `(${own})` : `(${own}, bundled; this host has ${host})`;
}

/** The Node that was too old, or the one that runs npm: an npm script finds the project's own first. */
function ownNodeVersion(env: NodeJS.ProcessEnv): string | undefined {
  return env.PORTICO_HOST_NODE ?? /\bnode\/v(\S+)/.exec(env.npm_config_user_agent ?? '')?.[1];
}

/** A host name that works in every browser, even if IPv6 comes first. */
function forBrowser(url: string): string {
  return url.startsWith('http') ? `${url.replace('127.0.0.1', 'localhost')}/` : url;
}

function routeLines(routes: readonly RouteRow[]): string[] {
  const shown = routes.slice(0, MAX_ROUTES);
  const rows = shown.map(({ method, path, response, policies }) => [
    `${method} ${path}`,
    response,
    ownPolicies(policies),
  ]);
  const count = `${routes.length} ${routes.length === 1 ? 'route' : 'routes'}`;
  const lines = columns(rows).map((line, i) => `  ${i === 0 ? count : ' '.repeat(count.length)}   ${line}`);
  if (routes.length > shown.length) lines.push(`  and ${routes.length - shown.length} more: portico routes`);
  return lines;
}

function ownPolicies(policies: readonly PolicyRow[]): string {
  return policies
    .filter(({ name }) => !EVERYBODYS.has(name))
    .map(({ policy }) => policy)
    .join(' · ');
}
