import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RouteRow } from '../admin/route-row.ts';
import { unwritable } from '../config-loader/project-error.ts';

/** The index of a project's routes as types, in its folder. */
export const INDEX_FILE = 'app-routes.d.ts';

/** The methods of a route file without a method in its name. HEAD and OPTIONS have no content to be typed. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What the index needs to know of a route. `ANY` is the method of a file without one. */
type IndexedRoute = Pick<RouteRow, 'method' | 'pattern' | 'file'>;

/** The text of the index: equal for equal routes, whatever order they come in. */
export function appRoutesText(rows: readonly IndexedRoute[]): string {
  const members = [...contracts(rows)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, types]) => member(key, types));
  return [
    '// Written by portico (`portico types`, `check` and `dev`). It contains types only: the client is typed by it.',
    "import type { ContractOf } from 'portico';",
    '',
    'export interface AppRoutes {',
    ...members,
    '}',
    '',
  ].join('\n');
}

/** A route of several hosts may have several files, and a client can get the response of any of them. */
function contracts(rows: readonly IndexedRoute[]): ReadonlyMap<string, readonly string[]> {
  const named = new Map<string, readonly string[]>();
  const add = (method: string, { pattern, file }: IndexedRoute): void => {
    const key = `${method} ${pattern}`;
    named.set(key, [...(named.get(key) ?? []), contractOf(file, pattern)]);
  };
  for (const row of rows) if (row.method !== 'ANY') add(row.method, row);
  const own = new Set(named.keys());
  for (const row of rows.filter(({ method }) => method === 'ANY')) {
    for (const method of METHODS) if (!own.has(`${method} ${row.pattern}`)) add(method, row);
  }
  return named;
}

function contractOf(file: string, pattern: string): string {
  return `ContractOf<typeof import(${quoted(`./${file}`)}).default, ${quoted(pattern)}>`;
}

function member(key: string, types: readonly string[]): string {
  return `  ${quoted(key)}: ${types.join(' | ')};`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** Writes the index if it is not up to date. @returns whether it was written. @throws what the file system throws. */
export async function writeAppRoutes(dir: string, rows: readonly IndexedRoute[]): Promise<boolean> {
  const file = join(dir, INDEX_FILE);
  const text = appRoutesText(rows);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before === text) return false;
  // A compiler that watches the file never reads half of it.
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, text);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return true;
}

/** The same for commands whose purpose is another one. @returns why it was not written, if it should have been. */
export async function keepAppRoutes(dir: string, rows: readonly IndexedRoute[]): Promise<string | undefined> {
  // Routes in JavaScript have no types.
  if (!rows.some(({ file }) => /\.m?ts$/.test(file))) return undefined;
  try {
    await writeAppRoutes(dir, rows);
    return undefined;
  } catch (error) {
    return `${INDEX_FILE} is not up to date: ${unwritable(join(dir, INDEX_FILE), error).message}`;
  }
}
