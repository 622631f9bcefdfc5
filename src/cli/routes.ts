import { routeRow } from '../admin/route-row.ts';
import { createGateway } from '../gateway.ts';
import { columns } from './columns.ts';
import type { ReadCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico routes`: the routes with their policies. */
export async function showRoutes({ dir, json }: ReadCommand, terminal: Terminal): Promise<number> {
  const gateway = await createGateway({ dir, stores: false });
  const rows = gateway.routes.map(routeRow);
  await gateway.close({ graceMs: 0 });
  const { limits } = gateway;
  if (json) {
    const plain = rows.map(row => ({ ...row, policies: row.policies.map(({ policy }) => policy) }));
    terminal.out(JSON.stringify({ routes: plain, limits }, null, 2));
    return 0;
  }
  const cells = rows.map(({ method, path, response, policies, file }) => [
    method,
    path,
    response,
    file,
    policies.map(({ policy }) => policy).join(' · ') || '–',
  ]);
  const table = columns([['METHOD', 'PATH', 'RESPONSE', 'FILE', 'POLICIES'], ...cells]);
  for (const line of table) terminal.out(fitting(line, terminal.columns));
  const words = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  terminal.out(`\nlimits  ${words.join(' · ')}`);
  return 0;
}

/** A line wider than the terminal would break the table. A pipe gets the whole line. */
function fitting(line: string, width: number | undefined): string {
  return width === undefined || line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
