import { routeRow } from '../admin/route-row.ts';
import { createGateway } from '../gateway.ts';
import { INDEX_FILE, writeAppRoutes } from './app-routes.ts';
import type { ReadCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico types`: writes the types of the routes for clients. */
export async function writeTypes({ dir, json }: ReadCommand, terminal: Terminal): Promise<number> {
  const gateway = await createGateway({ dir, stores: false });
  const rows = gateway.routes.map(routeRow);
  await gateway.close({ graceMs: 0 });
  const isWritten = await writeAppRoutes(dir, rows);
  const count = `${rows.length} ${rows.length === 1 ? 'route file' : 'route files'}`;
  const words = `${INDEX_FILE} ${isWritten ? 'is written' : 'is up to date'}: ${count}`;
  terminal.out(json ? JSON.stringify({ file: INDEX_FILE, written: isWritten, routes: rows.length }) : words);
  return 0;
}
