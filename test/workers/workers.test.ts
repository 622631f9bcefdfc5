import { describe, expect, it } from 'vitest';
import { startBackend, startLateBackend } from '../support/backend.ts';
import { route } from '../support/gateway.ts';
import { startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => String(process.pid) }") };

async function pidsOf(adminUrl: string): Promise<readonly number[]> {
  const { pids } = (await (await fetch(`${adminUrl}/readyz?verbose`)).json()) as { readonly pids: readonly number[] };
  return pids;
}

describe('workers', () => {
  it('share the requests', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--workers', '2', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const answered = new Set<number>();
    for (let i = 0; i < 6; i++) {
      answered.add(Number(await (await fetch(`${url}/hello`, { headers: { connection: 'close' } })).text()));
    }
    expect([...answered].toSorted()).toEqual([...(await pidsOf(adminUrl))].toSorted());
    expect(answered.has(portico.child.pid ?? 0)).toBe(false);
  });

  it.each([1, 2])('are replaced at the same port when they die (%i)', async workers => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--workers', `${workers}`, '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const [victim = 0] = await pidsOf(adminUrl);
    process.kill(victim, 'SIGKILL');
    expect(await portico.event('worker-died')).toMatchObject({ pid: victim, how: 'SIGKILL' });
    const { pid } = await portico.event('worker-replaced');
    const pids = await pidsOf(adminUrl);
    expect(pids).toHaveLength(workers);
    expect(pids).toContain(pid);
    expect(pids).not.toContain(victim);
    expect((await fetch(`${url}/hello`)).status).toBe(200);
  });

  it('exit when their primary is stopped, each after its open requests', async () => {
    await using late = await startLateBackend();
    await using project = await createProject({
      'routes/slow.get.ts': route(`'/slow', { proxy: '${late.url}/slow' }`),
    });
    await using portico = startPortico('start', ['--workers', '2', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const pids = await pidsOf(adminUrl);
    const slow = fetch(`${url}/slow`);
    await late.arrived;
    portico.child.kill('SIGTERM');
    await portico.event('stopping');
    const readiness = await fetch(`${adminUrl}/readyz`);
    expect([readiness.status, await readiness.json()]).toMatchObject([503, { status: 'draining' }]);
    late.release();
    expect(await (await slow).text()).toBe('late');
    expect((await portico.ended).code).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('start with the learned limits of the workers before them', async () => {
    await using backend = await startBackend((_req, res) => void setTimeout(() => res.end('ok'), 100));
    await using project = await createProject({
      'services.ts': `import { defineService } from 'portico';
        export const slow = defineService('slow', { targets: ['${backend.url}'] });\n`,
      'routes/slow.get.ts': `import { slow } from '#services';\n${route("'/slow', { proxy: slow }")}`,
    });
    await using portico = startPortico('start', ['--workers', '1', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const usual = async (): Promise<string | undefined> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ method: 'GET', path: '/slow' });
      const response = await (await fetch(`${adminUrl}/explain`, { method: 'POST', headers, body })).text();
      return /waiting, open, usual \d+ ms/.exec(response)?.[0];
    };
    const learn = async (): Promise<string | undefined> => {
      await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/slow`).then(response => response.text())));
      return usual();
    };
    await expect.poll(learn, { timeout: 20_000 }).toBeDefined();
    const learned = await usual();
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    expect(await usual()).toBe(learned);
  });

  it('ignore the signals of a terminal, which reach the whole process group', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--workers', '1', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const [worker = 0] = await pidsOf(adminUrl);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(worker, signal);
    expect(await (await fetch(`${url}/hello`)).text()).toBe(String(worker));
  });

  it('are measured together, including exited ones', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--workers', '2', '--dir', project.dir]);
    const { url, adminUrl } = await portico.ready();
    const count = async (): Promise<string | undefined> => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      return /seconds_count\{.*http_route="\/hello".*\} (\d+)/.exec(text)?.[1];
    };
    for (let i = 0; i < 5; i++) await (await fetch(`${url}/hello`, { headers: { connection: 'close' } })).text();
    expect(await count()).toBe('5');
    portico.child.kill('SIGHUP');
    await portico.event('reloaded');
    await (await fetch(`${url}/hello`, { headers: { connection: 'close' } })).text();
    expect(await count()).toBe('6');
  });

  it('report a mistake once if none of them can start', async () => {
    await using project = await createProject({ 'routes/a.get.ts': route("'/a', { handlr: 1 }") });
    const { code, err } = await startPortico('start', ['--workers', '2', '--dir', project.dir]).ended;
    expect(code).toBe(1);
    expect(err.match(/P121/g)).toHaveLength(1);
  });
});
