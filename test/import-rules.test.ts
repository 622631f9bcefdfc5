import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesBelow } from './support/files-below.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The folders that each folder of src may import. `.` is gateway.ts, its parts and index.ts, which assemble all. */
const FOLDERS: Readonly<Record<string, string>> = {
  core: '',
  client: '',
  config: 'core',
  router: 'core config',
  'config-loader': 'core config router',
  http: 'core',
  telemetry: 'core',
  middleware: 'core config',
  policies: 'core config',
  handlers: 'core config',
  service: 'core config',
  chain: 'core config middleware policies handlers service',
  recordings: 'core config config-loader',
  openapi: 'core config',
  import: 'core config router config-loader openapi',
  mock: 'core config',
  scaffold: 'core config config-loader import',
  doctor: 'core config config-loader policies',
  identity: 'core config',
  why: 'core config config-loader telemetry',
  '.': 'core config router config-loader http telemetry middleware policies handlers service chain recordings openapi mock identity why',
  admin: 'core config config-loader telemetry chain openapi .',
  workers: 'core config config-loader telemetry chain recordings why admin .',
  cli: 'core config config-loader telemetry chain recordings openapi import scaffold doctor admin workers .',
};

/** Packages that only one place may import. Nothing may import `typescript`, which has no stable JavaScript API. */
const PACKAGES: Readonly<Record<string, string>> = {
  ajv: 'config/schema.ts',
  'ajv-formats': 'config/schema.ts',
  opossum: 'policies/breaker/call-window.ts',
  'node-cache': 'policies/cache/storage/memory-store.ts',
  undici: 'service/transport/ config/transport.ts',
  'http-proxy-middleware': 'service/transport/ config/transport.ts',
  express: 'gateway.ts gateway-options.ts config/gateway.ts',
  busboy: 'middleware/form-body.ts',
  negotiator: 'http/problem.ts admin/admin-page.ts middleware/content-encoding.ts handlers/stream-format.ts',
  acorn: 'config-loader/',
  pino: 'telemetry/',
  '@prometheus-io/client': 'telemetry/ workers/ admin/',
  '@opentelemetry/api': 'telemetry/',
  jose: 'identity/',
  'openid-client': 'identity/',
  yaml: 'import/read-document.ts',
  redis: 'policies/cache/storage/redis/',
  'node:sqlite': 'policies/cache/storage/disk/ identity/session/disk-records.ts',
  typescript: '',
};

interface Import {
  readonly file: string;
  readonly source: string;
}

const IMPORT = /^(?:import|export)\b[^;'"]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

function importsIn(file: string, text: string): readonly Import[] {
  return [...text.matchAll(IMPORT)].map(([, whole, call]) => ({ file, source: whole ?? call ?? '' }));
}

/** Paths are relative to src: `cli/main.ts`. */
async function importsOf(folder: string): Promise<readonly Import[]> {
  const files = (await filesBelow(join(ROOT, folder))).filter(file => file.endsWith('.ts'));
  const texts = await Promise.all(files.map(file => readFile(join(ROOT, folder, file), 'utf8')));
  return files.flatMap((file, i) => importsIn(file, texts[i] ?? ''));
}

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '.');

function resolved({ file, source }: Import): string | undefined {
  return source.startsWith('.') ? normalize(join(dirname(file), source)) : undefined;
}

/** The reason why an import is forbidden, if it is. */
function violation(imported: Import): string | undefined {
  const { file, source } = imported;
  const target = resolved(imported);
  if (target === undefined) {
    const [scope = '', name = ''] = source.split('/');
    const places = PACKAGES[scope.startsWith('@') ? `${scope}/${name}` : scope];
    const isAllowed = places?.split(' ').some(place => place !== '' && file.startsWith(place)) ?? true;
    return isAllowed ? undefined : `${file} imports ${source}`;
  }
  const [from, to] = [folderOf(file), folderOf(target)];
  if (from === to || to === '..' || FOLDERS[from]?.split(' ').includes(to)) return undefined;
  return `${file} imports ${target}`;
}

/** Import cycles, each as the path that closes it. */
function circles(imports: readonly Import[]): readonly string[] {
  const next = Map.groupBy(imports, ({ file }) => file);
  const finished = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' > '));
    else if (!finished.has(file)) {
      for (const each of next.get(file) ?? []) {
        const target = resolved(each);
        if (target !== undefined) walk(target, [...path, file]);
      }
      finished.add(file);
    }
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}

describe('imports', () => {
  it('follow the folder rules, and each package is imported from one place', async () => {
    const imports = await importsOf('src');
    expect(imports.length).toBeGreaterThan(1_000);
    expect(imports.map(violation).filter(reason => reason !== undefined)).toEqual([]);
  });

  it('have no cycle', async () => {
    expect(circles(await importsOf('src'))).toEqual([]);
  });

  it('of route files use the public package only', async () => {
    const imports = await importsOf('routes');
    expect(imports.filter(({ source }) => source.includes('src/'))).toEqual([]);
  });

  it.each([
    ['core/a.ts', `import { a } from '../config/route.ts';`],
    ['service/a.ts', `import type { Dispatcher } from 'undici';`],
    ['http/a.ts', `export * from '../config/route.ts';`],
    ['cli/a.ts', `const a = await import('../service/backend.ts');`],
    ['policies/a.ts', `import {\n  a,\n  b,\n} from '../middleware/guard.ts';`],
    ['config/a.ts', `import '@prometheus-io/client';`],
  ])('that break a rule are found: %s', (file, text) => {
    expect(importsIn(file, text).map(violation)).toEqual([expect.stringContaining(`${file} imports `)]);
  });

  it('in a cycle are found, including types', () => {
    const imports = [
      ...importsIn('core/a.ts', `import { b } from './b.ts';`),
      ...importsIn('core/b.ts', `import type { A } from './a.ts';`),
    ];
    expect(circles(imports)).toEqual(['core/a.ts > core/b.ts > core/a.ts']);
  });
});
