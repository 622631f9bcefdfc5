import { writeFiles } from '../import/write-files.ts';
import { newRoute } from '../scaffold/new-route.ts';
import type { NewRouteCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico new route`: a file with the name that its address needs. */
export async function writeRoute(command: NewRouteCommand, terminal: Terminal): Promise<number> {
  const planned = await newRoute(command);
  await writeFiles(command.dir, [planned]);
  const { file } = planned;
  const route = `${command.method.toUpperCase()} ${command.path}`;
  terminal.out(command.json ? JSON.stringify({ file, route }) : `${file} is the route ${route}`);
  return 0;
}
