import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULTS } from '../src/config/defaults.ts';
import { createGateway } from '../src/gateway.ts';
import { createProject, type TestProject } from './support/project.ts';

const ROOT = new URL('../', import.meta.url);

interface Block {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

const readme = await readFile(new URL('README.md', ROOT), 'utf8');
const blocks = [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']): Block => {
  const file = /^\/\/ (\S+)\n/.exec(text)?.[1];
  return { language, file, text: file === undefined ? text : text.slice(text.indexOf('\n') + 1) };
});

describe('the code of the README', () => {
  let project: TestProject;

  beforeAll(async () => {
    const files = blocks.flatMap(({ file, text }): [string, string][] => (file === undefined ? [] : [[file, text]]));
    project = await createProject(Object.fromEntries(files));
  });

  afterAll(() => project[Symbol.asyncDispose]());

  it('is all of it run: each block is a file of the project, a command, or the picture', () => {
    for (const { language, file } of blocks) expect(file !== undefined || ['sh', ''].includes(language)).toBe(true);
    expect(blocks.filter(({ language }) => language === '')).toHaveLength(1);
  });

  it('loads as one project', async () => {
    const gateway = await createGateway({ dir: project.dir, logLevel: 'silent' });
    expect(gateway.routes.map(({ route }) => `${route.method} ${route.label}`).toSorted()).toEqual([
      'GET /api/cart/{id}',
      'GET /api/product-page/{id}',
      'GET /api/products/{id}',
      'GET /docs/{page}',
      'GET /hello',
      'POST /api/cart/{id}/items',
    ]);
    await gateway.close();
  });

  it('has the types it shows', async () => {
    const { spawnSync } = await import('node:child_process');
    const config = {
      extends: fileURLToPath(new URL('tsconfig.json', ROOT)),
      compilerOptions: { typeRoots: [fileURLToPath(new URL('node_modules/@types', ROOT))] },
      include: ['**/*.ts'],
      // The app imports express, which a project of its own would have installed.
      exclude: ['app.ts'],
    };
    await project.write('tsconfig.json', JSON.stringify(config));
    const tsc = fileURLToPath(new URL('node_modules/.bin/tsc', ROOT));
    const { stdout, status } = spawnSync(tsc, ['--noEmit', '-p', project.dir], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
    // The compiler takes both cores, which others may want as well.
  }, 120_000);

  it('mounts in an app of one’s own', async () => {
    const { symlink } = await import('node:fs/promises');
    await symlink(fileURLToPath(new URL('node_modules/express', ROOT)), `${project.dir}/node_modules/express`, 'dir');
    const { server } = await import(`${project.dir}/app.ts`);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const response = await fetch(`http://127.0.0.1:${server.address().port}/shop/hello`);
    expect(await response.json()).toEqual({ hello: 'world' });
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  });

  it('runs commands that there are', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8'));
    const commands = [...readme.matchAll(/npm (?:run )?(start|test|dev|bench|check|build|fuzz|soak)\b/g)].map(
      ([, name]) => name,
    );
    for (const name of commands) expect(scripts).toHaveProperty(name ?? '');
    const { HELP_TEXT } = await import('../src/cli/help.ts');
    for (const [, name] of readme.matchAll(/npx portico (\w+)/g)) expect(HELP_TEXT).toContain(`portico ${name}`);
    for (const [, flag] of readme.matchAll(/^\| `(--[\w-]+)/gm)) expect(HELP_TEXT).toContain(flag);
  });
});

describe('the options of the README', () => {
  const rows = new Map(
    [...readme.matchAll(/^\| `([\w.]+)` \| (.+?) \|/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const written = (value: unknown): string => {
    if (Array.isArray(value)) return `\`[${value.map(each => `'${String(each)}'`).join(', ')}]\``;
    return typeof value === 'string' ? `\`'${value}'\`` : `\`${String(value)}\``;
  };

  it('have the defaults that the product has', () => {
    const { timeout, breaker, retry } = DEFAULTS;
    const documented = Object.entries({ timeout, breaker, retry }).flatMap(([policy, options]) =>
      Object.entries(options).map(([name, value]): [string, unknown] => [`${policy}.${name}`, value]),
    );
    documented.push(
      ['redirect.status', DEFAULTS.redirect.status],
      ['balance', DEFAULTS.service.balance],
      ['ejection.failures', DEFAULTS.ejection.failures],
      ['ejection.baseTime', DEFAULTS.ejection.baseTime],
      ['ejection.maxTime', DEFAULTS.ejection.maxTime],
      ['slowStart', DEFAULTS.service.slowStart],
      ...Object.entries(DEFAULTS.mirror).map(([name, value]): [string, unknown] => [`mirror.${name}`, value]),
      ...Object.entries(DEFAULTS.health).map(([name, value]): [string, unknown] => [`health.${name}`, value]),
      ['concurrency', DEFAULTS.service.concurrency],
      ['transport', DEFAULTS.service.transport],
      ['leakGuard', DEFAULTS.gateway.leakGuard],
      ...Object.entries(DEFAULTS.limits).map(([name, value]): [string, unknown] => [`limits.${name}`, value]),
      ['cache.memory', DEFAULTS.cache.memory],
      ['cache.disk.size', DEFAULTS.cache.disk.size],
      ['cache.redis.prefix', DEFAULTS.cache.redis.prefix],
      ['cache.redis.singleFlight', DEFAULTS.cache.redis.singleFlight],
      ['serverTiming', DEFAULTS.gateway.serverTiming],
      ['trustedProxies', DEFAULTS.gateway.trustedProxies],
      ['strippedRequestHeaders', DEFAULTS.gateway.strippedRequestHeaders],
    );
    for (const [name, value] of documented) expect([name, rows.get(name)]).toEqual([name, written(value)]);
  });

  it('say the defaults of the command line and of ejection', () => {
    const { port, host, adminPort, workers, drain } = DEFAULTS.server;
    for (const value of [port, host, adminPort, workers])
      expect(readme).toMatch(new RegExp(`^\\| \`--.*\`${value}\``, 'm'));
    expect(readme).toContain(`at most \`'${drain}'\``);
    expect(readme).toContain(`bodies under \`${DEFAULTS.compress.min}\``);
    expect(readme).toContain(`A function, asked every \`'${DEFAULTS.discovery.interval}'\``);
    const { failures, baseTime, maxTime } = DEFAULTS.ejection;
    expect(readme).toContain(
      `fails \`${failures}\` times in a row is set aside for \`'${baseTime}'\`, longer each time, up to \`'${maxTime}'\``,
    );
  });

  it('are all that the schemas know', async () => {
    for (const [file, nested] of [
      ['route', ['cache', 'timeout', 'breaker', 'retry']],
      ['service', []],
      ['gateway', []],
    ] as const) {
      const schema = JSON.parse(await readFile(new URL(`schemas/portico/${file}.schema.json`, ROOT), 'utf8'));
      for (const name of Object.keys(schema.properties)) {
        const known = rows.has(name) || [...rows.keys()].some(row => row.startsWith(`${name}.`));
        expect([file, name, known || readme.includes(`\`${name}\``)]).toEqual([file, name, true]);
      }
      expect(nested.every(name => [...rows.keys()].some(row => row.startsWith(`${name}.`)))).toBe(true);
    }
    const policy = JSON.parse(await readFile(new URL('schemas/portico/policy.schema.json', ROOT), 'utf8'));
    const names: Record<string, string> = {
      timeouts: 'timeout',
      cachePolicy: 'cache',
      breakerPolicy: 'breaker',
      retryPolicy: 'retry',
    };
    for (const [definition, name] of Object.entries(names)) {
      for (const key of Object.keys(policy.$defs[definition].properties))
        expect([...rows.keys()]).toContain(`${name}.${key}`);
    }
  });
});
