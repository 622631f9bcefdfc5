import { readFile, writeFile } from 'node:fs/promises';
import { unwritable } from '../config-loader/project-error.ts';
import { clientFile } from '../openapi/client-file.ts';
import { fetchDocument } from '../openapi/fetch-document.ts';
import { isObject } from '../openapi/schema-object.ts';
import type { ClientCommand } from './command.ts';
import { projectDocument } from './project-document.ts';
import type { Terminal } from './terminal.ts';

/** `portico client`: a client in one file, for repositories that do not have the routes. */
export async function writeClient(command: ClientCommand, terminal: Terminal): Promise<number> {
  const { from, dir, out, check, json } = command;
  const { document } = from === undefined ? await projectDocument(dir, '3.1.2') : { document: await read(from) };
  const text = await clientFile(document);
  if (out === undefined) {
    terminal.out(text.trimEnd());
    return 0;
  }
  const before = await readFile(out, 'utf8').catch(() => undefined);
  const isCurrent = before === text;
  if (!check && !isCurrent) await writeFile(out, text).catch(cause => Promise.reject(unwritable(out, cause)));
  const state = isCurrent
    ? 'is up to date'
    : check
      ? 'is not up to date: run portico client without --check'
      : 'is written';
  terminal.out(
    json ? JSON.stringify({ file: out, current: isCurrent, written: !check && !isCurrent }) : `${out} ${state}`,
  );
  return check && !isCurrent ? 1 : 0;
}

async function read(from: string): Promise<unknown> {
  const document: unknown = JSON.parse(await fetchDocument(from));
  if (isObject(document) && isObject(document.paths)) return document;
  throw new Error(`${from} is no OpenAPI document: it has no paths`);
}
