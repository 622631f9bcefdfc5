import { routeRow } from '../admin/route-row.ts';
import { DefinitionError } from '../config-loader/problem.ts';
import { createGateway } from '../gateway.ts';
import { keepAppRoutes } from './app-routes.ts';
import type { ReadCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico check`: every mistake of a project at once. */
export async function check({ dir, json }: ReadCommand, terminal: Terminal): Promise<number> {
  try {
    // Compiling the chains finds mistakes that appear only when the parts are combined.
    const gateway = await createGateway({ dir, stores: false });
    await gateway.close({ graceMs: 0 });
    const trouble = await keepAppRoutes(dir, gateway.routes.map(routeRow));
    const count = gateway.routes.length;
    const words = `${count} ${count === 1 ? 'route' : 'routes'}, no problems`;
    if (trouble !== undefined && !json) terminal.out(trouble);
    terminal.out(json ? JSON.stringify({ problems: [], routes: count }) : words);
    return 0;
  } catch (error) {
    if (!json) throw error;
    const other = { problems: [], routes: 0, error: error instanceof Error ? error.message : String(error) };
    terminal.out(JSON.stringify(error instanceof DefinitionError ? error.toJSON() : other, null, 2));
    return 1;
  }
}
