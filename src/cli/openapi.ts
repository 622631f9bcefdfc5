import { writeFile } from 'node:fs/promises';
import { unwritable } from '../config-loader/project-error.ts';
import type { OpenApiDocument } from '../openapi/document.ts';
import { wrongSamples } from '../openapi/samples.ts';
import type { OpenApiCommand } from './command.ts';
import { projectDocument } from './project-document.ts';
import type { Terminal } from './terminal.ts';

/** `portico openapi`: every route as OpenAPI, on stdout or in a file. */
export async function writeOpenApi({ dir, json, out, spec }: OpenApiCommand, terminal: Terminal): Promise<number> {
  const { document, routes } = await projectDocument(dir, spec);
  const wrong = await wrongSamples(document);
  if (wrong.length > 0) {
    if (json) terminal.out(JSON.stringify({ problems: wrong }, null, 2));
    else for (const { pointer, detail } of wrong) terminal.error(`${pointer}: ${detail}`);
    return 1;
  }
  await deliver(document, out, { json, routes }, terminal);
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
  await writeFile(out, `${text}\n`).catch(cause => Promise.reject(unwritable(out, cause)));
  const words = `${out} is written: OpenAPI ${document.openapi} of ${routes} ${routes === 1 ? 'route' : 'routes'}`;
  terminal.out(json ? JSON.stringify({ file: out, openapi: document.openapi, routes }) : words);
}
