import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runPortico as runGateway } from '../support/command.ts';
import { filesBelow } from '../support/files-below.ts';
import { runPortico } from '../support/portico-process.ts';
import { testResources } from '../support/resources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { own, backend } = testResources();
let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'portico-init-'));
});

afterEach(() => rm(dir, { recursive: true }));

/** Without folders, and without packages. */
const files = async () => {
  const names = (await readdir(dir)).filter(name => name !== 'node_modules' && !name.includes('.'));
  const below = names.map(async name => (await filesBelow(join(dir, name))).map(file => `${name}/${file}`));
  const top = (await readdir(dir)).filter(name => name.includes('.'));
  return [...top, ...(await Promise.all(below)).flat()].sort();
};

/** As after `npm install`. */
async function installed(): Promise<void> {
  await mkdir(join(dir, 'node_modules'));
  await symlink(ROOT, join(dir, 'node_modules', 'portico'), 'dir');
}

describe('portico init', () => {
  it('makes a project of an empty folder, which serves its backend', async () => {
    const shop = await backend((req, res) => res.end(`shop ${req.url}`));
    const { code, out, err } = await runPortico(['init', '--dir', dir, '--service', 'shop', '--target', shop.url]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`every request goes to ${shop.url}`);
    expect(await files()).toEqual([
      '.gitignore',
      'package.json',
      'routes/[[...path]].ts',
      'services.ts',
      'tsconfig.json',
    ]);
    expect(await readFile(join(dir, '.gitignore'), 'utf8')).toContain('.env*.local\n');
    await installed();
    expect(await runPortico(['check', '--dir', dir])).toMatchObject({ code: 0 });
    const gateway = own(await runGateway(['start', '--dir', dir]));
    expect(await (await fetch(`${gateway.url}/lamps?of=it`)).text()).toBe('shop /lamps?of=it');
  });

  it('makes the folder, and takes its defaults without a terminal', async () => {
    const inner = join(dir, 'My Shop');
    expect(await runPortico(['init', '--dir', inner])).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(join(inner, 'package.json'), 'utf8')).name).toBe('my-shop');
    expect(await readFile(join(inner, 'services.ts'), 'utf8')).toContain(
      "{ env: 'BACKEND_TARGETS', default: ['http://127.0.0.1:3000'] }",
    );
  });

  it('lets a user at a terminal choose the backend', async () => {
    const command = `${process.execPath} ${join(ROOT, 'bin/portico.js')} init --dir ${dir}`;
    // `script` gives it a terminal.
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = once(terminal, 'exit');
    let printed = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (printed === '') terminal.stdin.write('http://127.0.0.1:4123\n');
      printed += text;
    });
    expect([await ended, printed]).toEqual([[0, null], expect.stringContaining('http://127.0.0.1:3000')]);
    expect(await readFile(join(dir, 'services.ts'), 'utf8')).toContain("default: ['http://127.0.0.1:4123']");
  });

  it('overwrites nothing: it names what is there, and writes no other file', async () => {
    await writeFile(join(dir, 'services.ts'), 'mine');
    await writeFile(join(dir, 'tsconfig.json'), '{}');
    const { code, err } = await runPortico(['init', '--dir', dir]);
    expect(code).toBe(1);
    expect(err).toContain('has tsconfig.json, services.ts already, so nothing is written');
    expect(await files()).toEqual(['services.ts', 'tsconfig.json']);
    expect(await readFile(join(dir, 'services.ts'), 'utf8')).toBe('mine');
  });

  it('leaves a package.json that npm has made, and says what it lacks', async () => {
    const path = join(dir, 'package.json');
    await writeFile(path, '{ "dependencies": { "portico": "1" } }');
    const { code, err } = await runPortico(['init', '--dir', dir]);
    expect([code, await files()]).toEqual([1, ['package.json']]);
    expect(err).toContain("npm pkg set type=module 'imports.#services=./services.ts'");
    const right = '{ "type": "module", "imports": { "#services": "./services.ts" } }';
    await writeFile(path, right);
    await writeFile(join(dir, '.gitignore'), 'mine');
    const { out } = await runPortico(['init', '--dir', dir, '--json']);
    expect(JSON.parse(out).files).toEqual(['tsconfig.json', 'services.ts', 'routes/[[...path]].ts']);
    expect(await readFile(path, 'utf8')).toBe(right);
    expect(await readFile(join(dir, '.gitignore'), 'utf8')).toBe('mine');
  });

  it('says in one line that a folder is a file, or cannot be made', async () => {
    const file = join(dir, 'notes.txt');
    await writeFile(file, 'mine');
    for (const [folder, reason] of [
      [file, 'file already exists (EEXIST)'],
      [join(file, 'shop'), 'not a directory (ENOTDIR)'],
      [join(dir, 'a'.repeat(300)), 'name too long (ENAMETOOLONG)'],
    ] as const) {
      const { code, err } = await runPortico(['init', '--dir', folder]);
      expect([code, err]).toEqual([1, `portico: cannot write ${folder}: ${reason}\n`]);
    }
    const manifest = join(dir, 'package.json');
    await mkdir(manifest);
    const { code, err } = await runPortico(['init', '--dir', dir]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^portico: cannot read \S+package\.json: EISDIR.*\n$/)]);
  });

  it.each([
    [['--target', 'redis://127.0.0.1'], 1, 'redis: is not spoken here'],
    [['--service', 'Shop'], 2, '--service is a name for code'],
    [['--service', 'defineService'], 2, 'files import defineService from portico'],
    [['--service', 'defineRoute'], 2, 'files import defineRoute from portico'],
    [['shop'], 2, 'portico init takes no "shop"'],
  ])('refuses %j', async (args, status, message) => {
    const { code, err } = await runPortico(['init', '--dir', dir, ...args]);
    expect([code, await files()]).toEqual([status, []]);
    expect(err).toContain(message);
  });
});

describe('portico new route', () => {
  beforeEach(async () => {
    await runPortico(['init', '--dir', dir, '--service', 'shop']);
    await installed();
  });

  const add = (...args: readonly string[]) => runPortico(['new', 'route', ...args, '--dir', dir]);

  it.each([
    [['/api/products/[id]', '--service', 'shop'], 'routes/api/products/[id].get.ts', 'GET /api/products/[id]'],
    [['POST', '/api/orders'], 'routes/api/orders.post.ts', 'POST /api/orders'],
    [['/'], 'routes/index.get.ts', 'GET /'],
    [['/robots.txt'], 'routes/robots.txt.get.ts', 'GET /robots.txt'],
    [['/docs/index'], 'routes/docs/index/index.get.ts', 'GET /docs/index'],
    [['/img/[...file]'], 'routes/img/[...file].get.ts', 'GET /img/[...file]'],
    [['/[id=int]/x'], 'routes/[id=int]/x.get.ts', 'GET /[id=int]/x'],
  ])('writes %j into its file, and the project loads', async (args, file, route) => {
    const { code, out } = await add(...args);
    expect([code, out]).toEqual([0, `${file} is the route ${route}`]);
    const check = await runPortico(['check', '--dir', dir]);
    expect([check.code, check.err]).toEqual([0, '']);
    expect(await readFile(join(dir, file), 'utf8')).toContain(`defineRoute('${route.split(' ')[1]}', {`);
  });

  it('refuses an address that has a file, by whatever name', async () => {
    expect(await add('/api/[id]')).toMatchObject({ code: 0 });
    for (const path of ['/api/[id]', '/api/[other]']) {
      const { code, err } = await add(path);
      expect([path, code]).toEqual([path, 1]);
      expect(err).toContain('routes/api/[id].get.ts');
    }
    expect(await add('PUT', '/api/[id]')).toMatchObject({ code: 0 });
  });

  it.each([
    [['/a/[x'], 1, 'unbalanced brackets'],
    [['/a/(group)/b'], 1, 'is no address of a route'],
    [['/a', '--service', 'shopp'], 1, 'did you mean "shop"'],
    [['a'], 2, 'a path begins with /'],
    [['/a?b=c'], 2, 'a path begins with /'],
    [['/../../a'], 1, 'what begins like ".." is never a route'],
    [['/_private/a'], 1, 'what begins like "_private" is never a route'],
    [['/a\\nb'], 1, 'a path of a route has no "\\"'],
    [['/C:/x'], 1, 'a path of a route has no ":"'],
    [['/a\u0001b'], 1, 'a path of a route has no U+0001'],
    [['/a\u0085b'], 1, 'a path of a route has no U+0085'],
    [[`/${'a'.repeat(300)}`], 1, 'ENAMETOOLONG'],
    [['/a', '--service', 'defineRoute'], 2, 'files import defineRoute from portico'],
    [['BREW', '/a'], 2, '"BREW" is no method of a route'],
    [[], 2, 'portico new takes route and a path'],
  ])('refuses %j', async (args, status, message) => {
    const before = await files();
    const { code, err } = await add(...args);
    expect([code, await files()]).toEqual([status, before]);
    expect(err).toContain(message);
    expect(err).toMatch(/^portico: [^\n]+\n$/);
  });

  it('says in one line why it cannot write', async () => {
    await writeFile(join(dir, 'routes', 'api'), 'a file');
    const { code, err } = await add('/api/products');
    expect([code, err]).toEqual([1, 'portico: cannot write routes/api/products.get.ts: not a directory (ENOTDIR)\n']);
  });
});
