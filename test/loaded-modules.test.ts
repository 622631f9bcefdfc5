import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from './support/outside.ts';
import { createProject } from './support/project.ts';

const ROOT = new URL('..', import.meta.url);
const PROGRAM = fileURLToPath(new URL('support/processes/loads.ts', import.meta.url));
const { dependencies }: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL('package.json', ROOT), 'utf8'),
);

interface Loads {
  /** Of the gateway, relative to src. */
  readonly sources: readonly string[];
  /** Relative to node_modules. */
  readonly libraryFiles: readonly string[];
  /** The dependencies that these belong to. */
  readonly libraries: readonly string[];
  readonly ofNode: readonly string[];
}

/** What a process loads that imports `portico`, and serves the project. */
async function loads(mode: 'import' | 'serve', dir = ''): Promise<Loads> {
  const { stdout } = await run(process.execPath, ['--conditions=portico-source', PROGRAM, mode, dir], {
    maxBuffer: 16 * 1024 * 1024,
  });
  const printed: { readonly files: readonly string[]; readonly ofNode: readonly string[] } = JSON.parse(stdout);
  const below = (folder: string) =>
    printed.files
      .filter(url => url.includes(`/${folder}/`))
      .map(url => url.slice(url.lastIndexOf(`/${folder}/`) + folder.length + 2));
  const libraryFiles = below('node_modules');
  const known = Object.keys(dependencies).filter(name => libraryFiles.some(file => file.startsWith(`${name}/`)));
  return { sources: below('src'), libraryFiles, libraries: known.sort(), ofNode: printed.ofNode };
}

const PLAIN = {
  'services.ts': `import { defineService } from 'portico';
    export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:1'] });\n`,
  'routes/hello.get.ts': `import { defineRoute, type } from 'portico';
    export default defineRoute('/hello', { response: type<{ hello: string }>(), handler: () => ({ hello: 'you' }) });\n`,
  'routes/items.get.ts': `import { defineRoute } from 'portico';
    import { catalog } from '#services';
    export default defineRoute('/items', { proxy: catalog, cache: { ttl: '1m' }, timeout: '2s' });\n`,
};

// What a process loads is what its start costs, and unlike time it is the same on each computer.
describe('the start', () => {
  it('of a plain project loads no library that it does not use', async () => {
    await using project = await createProject(PLAIN);
    const { sources, libraries, libraryFiles, ofNode } = await loads('serve', project.dir);
    // The page of the API is for those who ask for it.
    expect(sources.filter(file => file.startsWith('openapi/'))).toEqual([]);
    expect(libraries).toEqual([
      '@prometheus-io/client',
      'mrmime',
      'negotiator',
      'node-cache',
      'opossum',
      'pino',
      'structured-headers',
      'undici',
    ]);
    expect(libraryFiles.filter(file => file.startsWith('@opentelemetry/'))).toEqual([]);
    expect(libraryFiles.filter(file => /^undici\/lib\/(?:web|mock|cache|interceptor)\//.test(file))).toEqual([]);
    // It would be loaded by an import of node:http.
    expect(ofNode).not.toContain('NativeModule internal/deps/undici/undici');
  });

  it('loads a library with the route that needs it', async () => {
    await using project = await createProject({
      ...PLAIN,
      'routes/order.post.ts': `import { defineRoute } from 'portico';
        import { catalog } from '#services';
        export default defineRoute('/order', { proxy: catalog, body: { type: 'object' } });\n`,
    });
    const { libraries } = await loads('serve', project.dir);
    expect(libraries).toContain('ajv');
    // The first form loads it.
    expect(libraries).not.toContain('busboy');
  });

  it('loads little for the import of portico, whose modules Node visits for each route', async () => {
    const { sources, libraries } = await loads('import');
    expect(libraries).toEqual([]);
    expect(sources.filter(file => !file.startsWith('config/') && !file.startsWith('core/'))).toEqual(['index.ts']);
    expect(sources.length).toBeLessThan(15);
  });
});
