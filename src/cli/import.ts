import { checkImport } from '../import/check.ts';
import { ImportError } from '../import/import-report.ts';
import { planImport } from '../import/plan.ts';
import { writeFiles } from '../import/write-files.ts';
import type { ImportCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico import`: routes, schemas and a service from the OpenAPI document of a backend, once. */
export async function importDocument(command: ImportCommand, terminal: Terminal): Promise<number> {
  try {
    return await (command.check ? compare(command, terminal) : write(command, terminal));
  } catch (error) {
    if (!(error instanceof ImportError)) throw error;
    if (command.json) terminal.out(JSON.stringify({ mistakes: error.mistakes }, null, 2));
    else terminal.error(error.message);
    return 1;
  }
}

async function write(command: ImportCommand, terminal: Terminal): Promise<number> {
  const { files, notes, routes } = await planImport(command);
  await writeFiles(command.dir, files);
  const names = files.map(({ file }) => file);
  if (command.json) {
    terminal.out(JSON.stringify({ files: names, routes, notes }, null, 2));
    return 0;
  }
  if (notes.length > 0) terminal.out('lost in the routes:');
  for (const { pointer, message } of notes) terminal.out(` #${pointer}  ${message}`);
  for (const name of names) terminal.out(name);
  const count = `${routes} ${routes === 1 ? 'route' : 'routes'}`;
  terminal.out(`${count} of ${command.service} in ${names.length} files; they are yours now, run portico check`);
  return 0;
}

async function compare(command: ImportCommand, terminal: Terminal): Promise<number> {
  const { breaks, unknown, routes } = await checkImport(command);
  if (command.json) {
    terminal.out(JSON.stringify({ breaks, unknown, routes }, null, 2));
  } else {
    for (const { file, message, remedy } of breaks) terminal.out(` ${file}  ${message}\n   → ${remedy}`);
    for (const { file, message } of unknown) terminal.out(` ${file}  ${message}`);
    const count = `${routes} ${routes === 1 ? 'route' : 'routes'} of ${command.service}`;
    terminal.out(breaks.length === 0 ? `${count}, the document breaks none` : `${breaks.length} breaks in ${count}`);
  }
  return breaks.length === 0 ? 0 : 1;
}
