import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { DoctorFinding } from '../../src/doctor/finding.ts';
import { redisFindings } from '../../src/doctor/redis.ts';
import { freePort, portOf } from '../support/port.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { testResources } from '../support/resources.ts';

const { own, backend } = testResources();
let project: TestProject | undefined;

afterEach(() => project?.[Symbol.asyncDispose]());

const ROUTE = `import { defineRoute } from 'portico';
import { shop } from '#services';
export default defineRoute('/[[...path]]', { proxy: shop });\n`;

async function projectAt(target: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  project = await createProject({
    'services.ts': `import { defineService } from 'portico';
export const shop = defineService('shop', { targets: { env: 'SHOP_TARGETS', default: ['${target}'] } });\n`,
    'routes/[[...path]].ts': ROUTE,
    ...more,
  });
  return project.dir;
}

interface Diagnosis {
  readonly code: number | null;
  of(subject: string): DoctorFinding | undefined;
}

async function diagnosed(
  dir: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Diagnosis> {
  const ports = args.includes('--port') ? [] : ['--port', '0', '--admin-port', '0'];
  const { code, out } = await runPortico(['doctor', '--dir', dir, '--json', ...ports, ...args], { env });
  const { findings }: { readonly findings: readonly DoctorFinding[] } = JSON.parse(out);
  return { code, of: subject => findings.find(finding => finding.subject.startsWith(subject)) };
}

describe('portico doctor', () => {
  it('finds nothing wrong with a project that can run here, a line for each look', async () => {
    const shop = await backend((_req, res) => res.end('shop'));
    const dir = await projectAt(shop.url);
    const port = await freePort();
    const { code, out } = await runPortico(['doctor', '--dir', dir, '--port', `${port}`, '--admin-port', '0']);
    expect(code).toBe(0);
    expect(out).toMatch(/^ok {2,}node +version \d+\./m);
    expect(out).toMatch(new RegExp(`^ok +port ${port} +is free on 127.0.0.1$`, 'm'));
    expect(out).toMatch(/^ok +service shop at 127.0.0.1:\d+ +accepts connections$/m);
    expect(out).toMatch(/^ok +routes +1 route$/m);
    expect(out).not.toMatch(/^failed/m);
  });

  it('names the process that has a port, and is content if that is the gateway', async () => {
    const shop = await backend((_req, res) => res.end('shop'));
    const dir = await projectAt(shop.url);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String(portOf(other));
    const taken = await diagnosed(dir, ['--port', port, '--admin-port', '0']);
    other.close();
    expect(taken.code).toBe(1);
    expect(taken.of(`port ${port}`)).toMatchObject({ state: 'failed', remedy: expect.stringContaining('--port') });
    if (process.platform === 'linux') expect(taken.of(`port ${port}`)?.detail).toContain(`(pid ${process.pid})`);

    const gateway = own(startPortico('start', ['--dir', dir]));
    const { url } = await gateway.ready();
    const running = await diagnosed(dir, ['--port', new URL(url).port, '--admin-port', '0']);
    if (process.platform === 'linux') {
      expect(running.of('port')).toMatchObject({ state: 'ok', detail: expect.stringContaining('portico has it') });
      expect(running.code).toBe(0);
    }
  });

  it('names the setting of an address that this host does not have', async () => {
    const shop = await backend((_req, res) => res.end('shop'));
    const dir = await projectAt(shop.url);
    const { code, of } = await diagnosed(dir, [], { HOST: 'x86_64-conda-linux-gnu' });
    expect([code, of('port 0')]).toEqual([
      1,
      {
        subject: 'port 0',
        state: 'failed',
        detail:
          'this host cannot listen on x86_64-conda-linux-gnu: it is the target of a compiler, which conda sets as HOST',
        remedy: 'choose another: --host, or HOST',
      },
    ]);
  });

  it('finds a backend that is gone, and one that the environment forgot', async () => {
    const dir = await projectAt(`http://127.0.0.1:${await freePort()}`);
    const gone = await diagnosed(dir);
    expect([gone.code, gone.of('service shop')?.remedy]).toEqual([1, 'start it, or set SHOP_TARGETS']);
    const shop = await backend((_req, res) => res.end('shop'));
    expect(await diagnosed(dir, [], { SHOP_TARGETS: shop.url })).toMatchObject({ code: 0 });
  });

  it('finds a backend whose clock is wrong, and does not fail for it', async () => {
    const shop = await backend((_req, res) => {
      res.writeHead(404, { Date: new Date(Date.now() - 3_600_000).toUTCString() }).end();
    });
    const { code, of } = await diagnosed(await projectAt(shop.url));
    expect([code, of('service shop')?.state]).toEqual([0, 'warning']);
    expect(of('service shop')?.detail).toMatch(/its clock is -36\d\d s off this one/);
  });

  it('finds mistakes in the project', async () => {
    const shop = await backend((_req, res) => res.end('shop'));
    const dir = await projectAt(shop.url, {
      'routes/wrong.get.ts': ROUTE.replace('/[[...path]]', '/wrong').replace('proxy', 'proxi'),
      'tsconfig.json': '{ "compilerOptions": { "erasableSyntaxOnly": true } }',
    });
    const { code, of } = await diagnosed(dir);
    expect([code, of('routes')?.state]).toEqual([1, 'failed']);
    expect(of('tsconfig.json')?.remedy).toBe('set "allowImportingTsExtensions": true, "verbatimModuleSyntax": true');
  });

  it.each([
    ['redis://:p@ssSECRET@127.0.0.1:1', 'redis at 127.0.0.1:1'],
    ['redis://me@here:p@ss:SECRET@127.0.0.1:1/2', 'redis at 127.0.0.1:1'],
    ['redis://:pa/SECRET@127.0.0.1:1', 'redis at an unreadable address'],
    ['redis://:pa?SECRET@127.0.0.1:1', 'redis at an unreadable address'],
    ['redis+sentinel://:p@SECRET@127.0.0.1:1,127.0.0.1:2/main', 'redis at 127.0.0.1:1,127.0.0.1:2'],
    ['redis+cluster://127.0.0.1:1,127.0.0.1:2', 'redis at 127.0.0.1:1,127.0.0.1:2'],
    ['redis://[::1]:1', 'redis at [::1]:1'],
  ])('names the place of a Redis without any part of its password: %s', async (url, subject) => {
    const findings = await redisFindings(url, 'portico:');
    expect(findings[0]).toMatchObject({ subject, state: 'failed' });
    expect(JSON.stringify(findings)).not.toContain('SECRET');
  });

  it.skipIf(noRedis !== undefined)(
    `knows the version and the clock of Redis, and finds a dead one ${noRedis ?? ''}`,
    async () => {
      const shop = await backend((_req, res) => res.end('shop'));
      const dir = await projectAt(shop.url);
      const redis = own(await TestRedis.start());
      const env = { REDIS_URL: redis.url };
      const alive = await diagnosed(dir, [], env);
      expect(alive.code).toBe(0);
      expect(alive.of('redis')).toMatchObject({ state: 'ok', detail: expect.stringMatching(/^version \d+\.\d+/) });
      expect(alive.of('clock')).toMatchObject({ state: 'ok', detail: expect.stringContaining('that of Redis') });
      await redis.kill();
      const dead = await diagnosed(dir, [], env);
      expect([dead.code, dead.of('redis')?.state, dead.of('clock')]).toEqual([1, 'failed', undefined]);
      // The password of a URL is not printed.
      const secret = await diagnosed(dir, [], { REDIS_URL: redis.url.replace('//', '//:hunter2@') });
      expect(JSON.stringify(secret.of('redis'))).not.toContain('hunter2');
    },
  );
});
