import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { defineRoute, refuse } from 'portico';

/** Where the package has its client: JavaScript if it is installed, TypeScript in its own repository. */
const INDEX = import.meta.resolve('portico/client');
const NAME = /^[\w-]+\.[jt]s$/;

// A bundler would resolve `portico/client`; the shop's page has none, so its import map leads here.
export default defineRoute('/client/[file]', {
  guard: c => (c.params.file === 'index' || NAME.test(c.params.file) ? undefined : refuse(404, 'No such module')),
  handler: async c => {
    const url = new URL(c.params.file === 'index' ? INDEX : c.params.file, INDEX);
    const text = await readFile(url, 'utf8').catch(() => undefined);
    if (text === undefined) return new Response('There is no such module', { status: 404 });
    const code = url.pathname.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
    return new Response(code, { headers: { 'content-type': 'text/javascript; charset=utf-8' } });
  },
});
