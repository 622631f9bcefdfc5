import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createGateway } from '../gateway.ts';
import { type OpenApiDocument, openApiDocument, type ProjectInfo } from '../openapi/document.ts';
import { wrongSamples } from '../openapi/samples.ts';
import type { OpenApiCommand } from './command.ts';
import type { Terminal } from './terminal.ts';

/** `portico openapi`: every route as OpenAPI, on stdout or in a file. */
export async function writeOpenApi({ dir, json, out, spec }: OpenApiCommand, terminal: Terminal): Promise<number> {
  const gateway = await createGateway({ dir, stores: false });
  const routes = gateway.routes.map(({ route }) => route);
  await gateway.close({ graceMs: 0 });
  const document = openApiDocument(routes, await infoOf(dir), spec);
  const wrong = await wrongSamples(document);
  if (wrong.length > 0) {
    if (json) terminal.out(JSON.stringify({ problems: wrong }, null, 2));
    else for (const { pointer, detail } of wrong) terminal.error(`${pointer}: ${detail}`);
    return 1;
  }
  await deliver(document, out, { json, routes: routes.length }, terminal);
  return 0;
}

async function deliver(
  document: OpenApiDocument,
  out: string | undefined,
  { json, routes }: { readonly json: boolean; readonly routes: number },
  terminal: Terminal,
): Promise<void> {
  const text = JSON.stringify(document, null, 2);
  if (out === undefined) {
    terminal.out(text);
    return;
  }
  await writeFile(out, `${text}\n`);
  const words = `${out} is written: OpenAPI ${document.openapi} of ${routes} ${routes === 1 ? 'route' : 'routes'}`;
  terminal.out(json ? JSON.stringify({ file: out, openapi: document.openapi, routes }) : words);
}

/** Name and version of the project's package; its folder's name, and 0.0.0, where it has none. */
async function infoOf(dir: string): Promise<ProjectInfo> {
  const text = await readFile(join(dir, 'package.json'), 'utf8').catch(() => '{}');
  const { name, version }: { readonly name?: unknown; readonly version?: unknown } = JSON.parse(text);
  return {
    title: typeof name === 'string' ? name : basename(resolve(dir)),
    version: typeof version === 'string' ? version : '0.0.0',
  };
}
