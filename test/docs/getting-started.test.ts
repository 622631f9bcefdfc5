import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NpmRun } from '../support/npm-run.ts';
import { outside, run } from '../support/outside.ts';
import { type Block, blocksIn, ROOT } from './pages.ts';

const PACKED = ['bin', 'src', 'schemas', 'docs', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const TOO_LONG = 240_000;
const POLL = { timeout: 20_000, interval: 100 };

async function blocksOf(page: string): Promise<readonly Block[]> {
  return blocksIn({ path: page, text: await readFile(join(ROOT, page), 'utf8') });
}

const AS_JEST_DOES = `import assert from 'node:assert';
const { default: config } = await import('./jest.config.js');
await (await import(config.globalSetup)).default();
const response = await fetch(process.env.GATEWAY_URL + '/api/products/7');
assert.deepEqual(await response.json(), { name: 'unknown' });
await (await import(config.globalTeardown)).default();`;

/** The rejection of a failed command. */
interface Failed {
  readonly code: number;
  readonly stderr: string;
}

describe('a new user in an empty folder', () => {
  let folder = '';
  let app = '';
  let env: Readonly<Record<string, string>> = {};
  let blocks: readonly Block[] = [];
  let backend: NpmRun;
  let dev: NpmRun;
  let url = '';

  const sh = (script: string, cwd = app) => run('sh', ['-ec', script], { cwd, env, maxBuffer: 2 ** 24 });
  const failure = (script: string) =>
    sh(script).then(
      () => ({ code: 0, stderr: '' }),
      (error: Failed) => ({ code: error.code, stderr: error.stderr }),
    );

  async function save(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(app, file)), { recursive: true });
    await writeFile(join(app, file), text);
  }

  /** Writes the page's files up to the next command, and returns that command. */
  async function nextCommand(): Promise<string> {
    for (;;) {
      const [block, ...rest] = blocks;
      if (block === undefined) throw new Error('the page has no more commands');
      blocks = rest;
      if (block.language === 'sh') return block.text.trim();
      if (block.file !== undefined) await save(block.file, block.text);
    }
  }

  /** `npx` finds the command in the project; a child process of it could outlive the test. */
  const started = (command: string) => new NpmRun(command.replace(/^npx /, ''), { cwd: app, env });

  /** Runs the page's curl commands and returns one response for each. */
  async function curl(commands: string): Promise<readonly { head: Response; body: string }[]> {
    const responses = [];
    for (const command of commands.split('\n')) {
      const [, path = ''] = /^curl -i .*?http:\/\/localhost:8080(\S+)$/.exec(command) ?? [];
      const [, name, value] = /-H '([\w-]+): ([^']+)'/.exec(command) ?? [];
      const [, body] = /-d '([^']+)'/.exec(command) ?? [];
      const headers = name === undefined || value === undefined ? {} : { [name]: value };
      const init = body === undefined ? { headers } : { method: 'POST', headers, body };
      const head = await fetch(url + path, init);
      responses.push({ head, body: await head.text() });
    }
    return responses;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-newcomer-'));
    app = join(folder, 'my-app');
    const bins = join(app, 'node_modules', '.bin');
    const { PATH, ...others } = outside();
    // Fast if the packages were installed before.
    const quick = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
    env = { ...others, ...quick, PATH: [bins, PATH].join(delimiter), BACKEND_PORT: '0' };
    blocks = await blocksOf('docs/getting-started.md');
  });

  afterAll(async () => {
    await dev?.[Symbol.asyncDispose]();
    await backend?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it('installs the package of a clone', { timeout: TOO_LONG }, async () => {
    // A copy replaces `git clone`, and this project's packages replace `npm ci`; everything else is as in the page.
    const clone = join(folder, 'portico');
    for (const name of PACKED) await cp(join(ROOT, name), join(clone, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'), 'dir');
    const script = await nextCommand();
    const [cloning, ...rest] = script.split('\n');
    expect(cloning).toMatch(/^git clone .* portico$/);
    expect(rest[0]).toContain('npm ci && ');
    await sh(rest.join('\n').replace('npm ci && ', ''), folder);
    await sh(await nextCommand());
    expect((await sh('portico --help')).stdout).toContain('portico start');
  });

  it('starts a backend and its first route', async () => {
    backend = started(await nextCommand());
    env = { ...env, NOTES_TARGETS: await backend.url() };
    dev = started(await nextCommand());
    url = await dev.url();
    expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: 'world' });
  });

  it('adds a cached proxy while dev runs', async () => {
    const commands = await nextCommand();
    await expect.poll(async () => (await fetch(`${url}/api/notes`, { method: 'HEAD' })).status, POLL).toBe(200);
    const [first, second] = await curl(commands);
    expect(JSON.parse(first?.body ?? '').notes).toEqual(['buy milk']);
    expect(second?.body).toBe(first?.body);
    expect(second?.head.headers.get('cache-status')).toMatch(/^portico; hit; ttl=\d+/);
  });

  it('adds a write that purges it, and rejects one without text', async () => {
    const commands = await nextCommand();
    const empty = () =>
      fetch(`${url}/api/notes`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    await expect.poll(async () => (await empty()).status, POLL).toBe(422);
    expect(await (await empty()).json()).toMatchObject({ errors: [{ pointer: expect.any(String) }] });
    const [write, read] = await curl(commands);
    expect(write?.head.status).toBe(201);
    expect(JSON.parse(read?.body ?? '').notes).toEqual(['buy milk', 'walk']);
    expect(read?.head.headers.get('cache-status')).toContain('fwd=');
  });

  it('checks the whole project, including its types', { timeout: 120_000 }, async () => {
    const check = await nextCommand();
    expect(await failure(check)).toEqual({ code: 0, stderr: '' });
    await sh('npm run check');
    expect(blocks.filter(({ language }) => language === 'sh')).toEqual([]);
  });

  it('breaks a route, gets the position and reason, and dev keeps the last good one', async () => {
    const file = 'routes/hello.get.ts';
    const good = await readFile(join(app, file), 'utf8');
    await save(file, good.replace('handler:', 'handlr:'));
    const { code, stderr } = await failure('npx portico check');
    expect(code).toBe(1);
    expect(stderr).toMatch(/P121 {2}routes\/hello\.get\.ts:\d+/);
    expect(stderr).toContain('handler');
    await expect.poll(() => dev.printed, POLL).toContain('P121');
    expect(await (await fetch(`${url}/hello`)).json()).toEqual({ hello: 'world' });
    await save(file, good.replace('world', 'again'));
    await expect.poll(async () => (await fetch(`${url}/hello`)).text(), POLL).toBe('{"hello":"again"}');
    expect((await failure('npx portico chek')).code).toBe(2);
  });

  it('tests its routes with the code of testing.md', { timeout: 120_000 }, async () => {
    blocks = await blocksOf('docs/testing.md');
    // A separate project that uses the first one's packages.
    await rm(join(app, 'routes'), { recursive: true });
    const byNode = await nextCommand();
    for (const name of ['vitest', 'supertest']) {
      await symlink(join(ROOT, 'node_modules', name), join(app, 'node_modules', name), 'dir');
    }
    await symlink(join(ROOT, 'node_modules/.bin/vitest'), join(app, 'node_modules/.bin/vitest'));
    expect((await sh(byNode)).stdout).toMatch(/pass 1\n/);
    expect(await nextCommand()).toMatch(/^npm install -D vitest supertest/);
    const byVitest = await nextCommand();
    // The commands end by themselves, or `sh` would not; only vitest would end with something open.
    const { stdout } = await sh(`${byVitest} --detectAsyncLeaks`);
    expect(stdout).toMatch(/1 passed/);
    expect(stdout).not.toContain('Leak');
    expect(await nextCommand()).toMatch(/^npm install -D jest/);
    expect(await nextCommand()).toBe('npx jest');
    // Jest is not installed here: Node runs its setup and teardown as Jest does, and ends by itself.
    await sh(`node --input-type=module -e "${AS_JEST_DOES}"`);
  });
});
