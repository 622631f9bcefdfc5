import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadLinks } from '../docs/links.ts';
import { readPages } from '../docs/pages.ts';
import { outside, run } from '../support/outside.ts';
import { PorticoProcess, runPortico } from '../support/portico-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');
const INSTALL_MS = 240_000;

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  return (await run('npm', [...args], { cwd, env: outside(), maxBuffer: 16 * 1024 * 1024 })).stdout;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const ROUTE = `import { defineRoute, type } from 'portico';

export default defineRoute('/hello/[name]', {
  response: type<{ hello: string }>(),
  handler: c => ({ hello: c.params.name }),
});
`;

const STRICT = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    exactOptionalPropertyTypes: true,
    // The shipped types are checked too.
    skipLibCheck: false,
  },
  include: ['routes', 'services.ts', 'portico.config.ts'],
};

describe('the published package', () => {
  let folder = '';
  let packed: readonly string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-package-'));
    // The output of the package scripts comes first.
    const printed = await npm(ROOT, 'pack', '--json', '--pack-destination', folder);
    const [tarball]: readonly Packed[] = JSON.parse(printed.slice(printed.search(/^\[/m)));
    packed = tarball?.files.map(({ path }) => path) ?? [];
    await npm(folder, 'install', `./${tarball?.filename}`, '--prefer-offline', '--no-audit', '--no-fund');
    await mkdir(join(folder, 'routes', 'hello'), { recursive: true });
    await writeFile(join(folder, 'routes', 'hello', '[name].get.ts'), ROUTE);
  }, INSTALL_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains the code, its types and its schemas, and nothing else', () => {
    expect(packed).toEqual(
      expect.arrayContaining(['bin/portico.js', 'dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js']),
    );
    expect(packed).toContain('schemas/portico/route.schema.json');
    expect(packed).toContain('pages/api-docs/index.html');
    expect(packed).toContain('pages/admin/index.html');
    const tops = new Set(packed.map(path => path.split('/')[0]));
    const pages = ['README.md', 'LICENSE', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'docs'];
    const allowed = ['bin', 'dist', 'schemas', 'pages', 'package.json', ...pages];
    expect([...tops].filter(top => !allowed.includes(top ?? ''))).toEqual([]);
    expect(packed.filter(path => path.startsWith('schemas/') && !path.startsWith('schemas/portico/'))).toEqual([]);
    expect(packed.filter(path => /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('has no dead link in its README and its pages', async () => {
    const root = join(folder, 'node_modules', 'portico');
    expect(await deadLinks(root, await readPages(root))).toEqual([]);
  });

  it('contains no Node', async () => {
    await expect(access(join(folder, 'node_modules', 'node'))).rejects.toThrow('ENOENT');
    const manifest = JSON.parse(await readFile(join(folder, 'node_modules', 'portico', 'package.json'), 'utf8'));
    expect(Object.keys(manifest.dependencies)).not.toContain('node');
  });

  it('serves a route in a new folder', async () => {
    const args = ['start', '--port', '0', '--admin-port', '0', '--json'];
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    await using portico = new PorticoProcess(args, { bin, cwd: folder });
    const { url, adminUrl } = await portico.ready();
    expect(await (await fetch(`${url}/hello/ada`)).json()).toEqual({ hello: 'ada' });
    for (const path of ['', '/page.js', '/lit-html.js', '/openapi.json']) {
      expect([path, (await fetch(`${adminUrl.replace(/\/$/, '')}/api-docs${path}`)).status]).toEqual([path, 200]);
    }
    for (const name of ['page.js', 'base.css', 'lit-html.js', 'uplot.js', 'uplot.css'])
      expect([name, (await fetch(new URL(`/ui/${name}`, adminUrl))).status]).toEqual([name, 200]);
    expect(await portico.stop()).toMatchObject({ code: 0, err: '' });
  });

  it('makes a project that type-checks and serves', async () => {
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    const fresh = join(folder, 'fresh');
    expect(await runPortico(['init', '--dir', fresh, '--target', 'http://127.0.0.1:1'], { bin })).toMatchObject({
      code: 0,
    });
    expect(await runPortico(['new', 'route', '/hello/[name]'], { bin, cwd: fresh })).toMatchObject({ code: 0 });
    expect(await typeErrors(fresh)).toBe('');
    await using portico = new PorticoProcess(['start', '--port', '0', '--admin-port', '0', '--json'], {
      bin,
      cwd: fresh,
    });
    const { url } = await portico.ready();
    expect(await (await fetch(`${url}/hello/ada`)).json()).toEqual({ hello: 'world' });
    expect((await fetch(`${url}/other`)).status).toBe(502);
  }, 120_000);

  describe('in a program that is bundled', () => {
    const PROGRAM = `import { createGateway } from 'portico';
createGateway({ logLevel: 'silent' }).then(
  async gateway => {
    const { port } = await gateway.listen({ port: 0 });
    const response = await fetch(\`http://127.0.0.1:\${port}/hello/ada\`);
    console.log(await response.text());
    await gateway.close();
  },
  error => {
    console.log(error.name, error.message);
  },
);
`;
    const BUNDLERS = [
      ['esbuild', 'esm'],
      ['esbuild', 'cjs'],
      ['rolldown', 'esm'],
      ['rolldown', 'cjs'],
    ] as const;

    beforeAll(async () => {
      await writeFile(join(folder, 'program.ts'), PROGRAM);
      const cached = `import { defineGateway } from 'portico';

export default defineGateway({ cache: { disk: 'stored/cache.db' } });
`;
      await writeFile(join(folder, 'portico.config.ts'), cached);
    });

    afterAll(() => rm(join(folder, 'portico.config.ts')));

    async function printedBy([name, format]: (typeof BUNDLERS)[number], external: readonly string[]): Promise<string> {
      const file = join(folder, 'bundles', `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`);
      if (name === 'esbuild') {
        await esbuild.build({
          entryPoints: [join(folder, 'program.ts')],
          outfile: file,
          bundle: true,
          platform: 'node',
          format,
          external: [...external],
          logLevel: 'silent',
        });
      } else {
        const bundle = await rolldown({
          input: join(folder, 'program.ts'),
          platform: 'node',
          external: [...external],
          logLevel: 'silent',
        });
        await bundle.write({ file, format, codeSplitting: false });
        await bundle.close();
      }
      return (await run(process.execPath, [file], { cwd: folder, env: outside() })).stdout;
    }

    it.each(BUNDLERS)('runs where it is left out, with its disk cache: %s, %s', async (name, format) => {
      expect(await printedBy([name, format], ['portico'])).toBe('{"hello":"ada"}\n');
      expect((await readdir(join(folder, 'stored'))).length).toBeGreaterThan(0);
    });

    it.each(BUNDLERS)('says what to leave out where it is part of the bundle: %s, %s', async (name, format) => {
      expect(await printedBy([name, format], [])).toMatch(
        /^ProjectError Portico is part of .*bundle.*esbuild --external:portico, or external: \['portico'\].*\n$/,
      );
    });
  });

  it('makes one by npm create, in a folder or in the current one', async () => {
    const manifests = ['package.json', 'create-portico/package.json'].map(file => readFile(join(ROOT, file), 'utf8'));
    const [{ version }, creating] = (await Promise.all(manifests)).map(text => JSON.parse(text));
    expect(creating).toMatchObject({ version, dependencies: { portico: version } });
    const creator = join(folder, 'creator');
    await mkdir(creator);
    const pack = ['pack', '--json', '--pack-destination', creator];
    const [{ filename }] = JSON.parse(await npm(join(ROOT, 'create-portico'), ...pack)) as [Packed];
    // What `npm create portico` does: the package is installed beside the portico that it needs, and its program runs.
    await npm(folder, 'install', `./creator/${filename}`, '--prefer-offline', '--no-audit', '--no-fund');
    const bin = join(folder, 'node_modules', '.bin', 'create-portico');
    const target = ['--target', 'http://127.0.0.1:1'];
    expect(await runPortico(['shop', ...target], { bin, cwd: creator })).toMatchObject({ code: 0 });
    expect(await runPortico(['shop', ...target], { bin, cwd: creator })).toMatchObject({
      code: 1,
      err: expect.stringContaining('services.ts'),
    });
    expect(await runPortico(['--trget'], { bin, cwd: creator })).toMatchObject({ code: 2 });
    const here = join(creator, 'here');
    await mkdir(here);
    expect(await runPortico(target, { bin, cwd: here })).toMatchObject({ code: 0 });
    for (const made of [join(creator, 'shop'), here]) await access(join(made, 'services.ts'));
  }, 120_000);

  it('serves with workers and reloads', async () => {
    const args = ['start', '--workers', '1', '--port', '0', '--admin-port', '0', '--json'];
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    await using portico = new PorticoProcess(args, { bin, cwd: folder });
    const { url } = await portico.ready();
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect(await (await fetch(`${url}/hello/bob`)).json()).toEqual({ hello: 'bob' });
  });

  it('reports mistakes like the repository', async () => {
    await writeFile(join(folder, 'routes', 'wrong.get.ts'), ROUTE.replace('handler', 'handlr'));
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    const { code, err } = await runPortico(['check'], { bin, cwd: folder });
    await rm(join(folder, 'routes', 'wrong.get.ts'));
    expect(code).toBe(1);
    expect(err).toContain('P121  routes/wrong.get.ts');
  });

  it('has types that pass a strict type check', async () => {
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "imports": { "#services": "./services.ts" } }');
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(STRICT));
    await writeFile(
      join(folder, 'services.ts'),
      `import { defineService } from 'portico';
       export const shop = defineService('shop', { targets: ['http://127.0.0.1:1'] });\n`,
    );
    await writeFile(
      join(folder, 'portico.config.ts'),
      `import { defineGateway } from 'portico';
       export default defineGateway({ use: [(_req, _res, next) => next()] });\n`,
    );
    expect(await typeErrors(folder)).toBe('');
    // 723 for the route, and the types of Express for the middleware. It was 1.2 million.
    expect(await instantiations(folder)).toBeLessThan(60_000);
    const wrong = ROUTE.replace('c.params.name', 'c.params.nme');
    await writeFile(join(folder, 'routes', 'hello', '[name].get.ts'), wrong);
    expect(await typeErrors(folder)).toContain("Property 'nme' does not exist");
    await writeFile(join(folder, 'routes', 'hello', '[name].get.ts'), ROUTE);
    // The compiler runs twice and needs both cores, which other tests may use as well.
  }, 120_000);

  it('types a client by the index of the routes, and a renamed field breaks it without a command', async () => {
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    expect(await runPortico(['types'], { bin, cwd: folder })).toMatchObject({ code: 0 });
    await mkdir(join(folder, 'web'));
    await writeFile(join(folder, 'web', 'page.ts'), PAGE);
    // As in a page's own folder: a browser's types, a bundler's resolution, and nothing of Node.
    const { include: _routes, ...strict } = STRICT;
    const page = { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] };
    const options = { ...strict.compilerOptions, ...page, allowImportingTsExtensions: false, skipLibCheck: true };
    await writeFile(join(folder, 'web', 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
    const web = join(folder, 'web');
    expect(await typeErrors(web)).toBe('');
    const renamed = ROUTE.replace('hello: string', 'greeting: string').replace('({ hello', '({ greeting');
    await writeFile(join(folder, 'routes', 'hello', '[name].get.ts'), renamed);
    expect(await typeErrors(web)).toContain("web/page.ts(5,89): error TS2339: Property 'hello' does not exist");
    await writeFile(join(folder, 'routes', 'hello', '[name].get.ts'), ROUTE);
  }, 120_000);

  it('has a client that imports nothing', async () => {
    const dist = join(folder, 'node_modules', 'portico', 'dist', 'client');
    const texts = await Promise.all(
      (await readdir(dist))
        .filter(file => file.endsWith('.ts') || file.endsWith('.js'))
        .map(file => readFile(join(dist, file), 'utf8')),
    );
    const sources = texts.flatMap(text =>
      [...text.matchAll(/\bfrom ['"]([^'"]+)['"]|\bimport\(/g)].map(([, from]) => from),
    );
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter(from => from?.startsWith('./') !== true)).toEqual([]);
  });

  it('makes the compiler less than two and a half times as busy with the index of a thousand routes', async () => {
    const shop = join(folder, 'thousand');
    await mkdir(join(shop, 'routes'), { recursive: true });
    await writeFile(join(shop, 'package.json'), '{ "type": "module" }');
    const names = Array.from({ length: 1_000 }, (_, i) => `r${i}`);
    await Promise.all(names.map(name => writeFile(join(shop, 'routes', `${name}.get.ts`), routeCalled(name))));
    await writeFile(join(shop, 'tsconfig.json'), JSON.stringify({ ...STRICT, include: ['routes'] }));
    const without = await instantiations(shop);
    const bin = join(folder, 'node_modules', '.bin', 'portico');
    await runPortico(['types'], { bin, cwd: shop });
    const calls = names.map((name, i) => `export const v${i}: number = (await call('GET /${name}')).n${i % 10};`);
    const head = `import { client } from 'portico/client';
      import type { AppRoutes } from './app-routes.d.ts';
      const call = client<AppRoutes>();`;
    await writeFile(join(shop, 'page.ts'), [head, ...calls].join('\n'));
    await writeFile(join(shop, 'tsconfig.json'), JSON.stringify({ ...STRICT, include: ['routes', 'page.ts'] }));
    expect(await instantiations(shop)).toBeLessThan(2.5 * without);
  }, 240_000);
});

/** The code of a page, which calls the route. */
const PAGE = `import { client } from 'portico/client';
import type { AppRoutes } from '../app-routes';

const call = client<AppRoutes>();
const greeting: string = (await call('GET /hello/[name]', { params: { name: 'ada' } })).hello;
document.title = greeting;
// @ts-expect-error the param is missing
void call('GET /hello/[name]');
// @ts-expect-error no such route
void call('GET /helo/[name]', { params: { name: 'ada' } });
export {};
`;

function routeCalled(name: string): string {
  return `import { defineRoute } from 'portico';
export default defineRoute('/${name}', {
  response: { type: 'object', required: ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'n9'], properties: {${fields(name)}} } as const,
  handler: () => ({${Array.from({ length: 10 }, (_, i) => `n${i}: ${i}`).join(', ')}}),
});
`;
}

function fields(name: string): string {
  const numbers = Array.from({ length: 10 }, (_, i) => `n${i}: { type: 'integer' }`);
  return [...numbers, `${name}: { type: 'string' }`].join(', ');
}

/** How many types the compiler makes by filling in the parameters of others: its work, the same on each computer. */
async function instantiations(folder: string): Promise<number> {
  const { stdout } = await run(TSC, ['-p', folder, '--skipLibCheck', '--extendedDiagnostics']);
  return Number(/^Instantiations:\s+(\d+)$/m.exec(stdout)?.[1]);
}

async function typeErrors(folder: string): Promise<string> {
  try {
    await run(TSC, ['-p', folder]);
    return '';
  } catch (error) {
    if (error instanceof Error && 'stdout' in error) return String(error.stdout);
    throw error;
  }
}
