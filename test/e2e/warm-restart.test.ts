import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { askShop } from '../support/hosts.ts';
import { freePort } from '../support/port.ts';
import { type PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { createProject, type TestProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { backend, own } = testResources();

const CONFIG = `import { defineGateway } from 'portico';
export default defineGateway({ cache: { disk: 'var/cache.db' } });
`;

interface Running {
  readonly portico: PorticoProcess;
  readonly port: number;
  readonly adminPort: string;
}

const start = async ({ dir }: TestProject, env: Readonly<Record<string, string>> = {}): Promise<Running> => {
  const portico = own(startPortico('start', ['--dir', dir], { env }));
  const { url, adminUrl } = await portico.ready();
  return { portico, port: Number(new URL(url).port), adminPort: new URL(adminUrl).port };
};

/** As the OOM killer does: nothing more is written. */
const killed = ({ portico }: Running) => portico.stop('SIGKILL');

/** The number of stored responses and variant lists below a path; another process may have the file open. */
const answersIn = ({ dir }: TestProject, path: string): number => {
  const file = join(dir, 'var/cache.db');
  if (!existsSync(file)) return 0;
  using database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM records WHERE instr(key, ?) > 0').get(path)?.n);
  } catch {
    // The file does not exist yet or is being written.
    return 0;
  }
};
const kept = (project: TestProject, path: string, count: number) =>
  expect.poll(() => answersIn(project, path), { timeout: 10_000 }).toBe(count);

let requests = 0;
/** Nothing is stored before the file is open, because earlier purges are unknown until then. */
const open = (project: TestProject, running: { readonly port: number }) =>
  expect
    .poll(
      async () => {
        await askShop(running, `/ready/${requests++}`);
        return answersIn(project, '/ready/');
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(0);

describe('a gateway with a disk cache that was killed and starts again', () => {
  const shop = async () => {
    const made = await backend((req, res) => {
      res.writeHead(200, { 'Cache-Control': 'max-age=600', Vary: 'Accept-Language', ETag: '"1"' });
      res.end(`${req.url} in ${req.headers['accept-language']}`);
    });
    const project = own(
      await createProject({
        'portico.config.ts': CONFIG,
        'routes/lamps/[id].get.ts': route(
          `'/lamps/[id]', { proxy: '${made.url}', cache: { tags: c => ['lamps', \`lamp:\${c.params.id}\`] } }`,
        ),
        'routes/ready/[n].get.ts': route(`'/ready/[n]', { proxy: '${made.url}', cache: {} }`),
      }),
    );
    return { made, project };
  };
  const lamp = (running: Running, id: number, language = 'en') =>
    askShop(running, `/lamps/${id}`, { headers: { 'Accept-Language': language } });
  /** The file may take longer to open than a request waits for it. */
  const isWarm = (running: Running, id: number) =>
    expect.poll(async () => (await lamp(running, id)).cache, { timeout: 10_000 }).toContain('hit');

  it('serves stored responses without the backend', async () => {
    const { made, project } = await shop();
    const before = await start(project);
    await open(project, before);
    for (const id of [1, 2]) for (const language of ['en', 'de']) await lamp(before, id, language);
    // Four responses and two lists of variants.
    await kept(project, '/lamps/', 6);
    await killed(before);
    await made.kill();
    const after = await start(project);
    await isWarm(after, 1);
    for (const id of [1, 2]) {
      for (const language of ['en', 'de']) {
        const { status, body, cache } = await lamp(after, id, language);
        expect([status, body]).toEqual([200, `/lamps/${id} in ${language}`]);
        expect(cache).toMatch(/^portico; hit; ttl=5\d\d$/);
      }
    }
    expect((await lamp(after, 1, 'fr')).status).toBe(502);
  });

  it('remembers what was purged', async () => {
    const { made, project } = await shop();
    const before = await start(project);
    await open(project, before);
    for (const id of [1, 2, 3]) await lamp(before, id);
    await kept(project, '/lamps/', 6);
    const purge = (...what: readonly string[]) => runPortico(['purge', ...what, '--admin-port', before.adminPort]);
    expect((await purge('--tag', 'lamp:2', '--soft')).code).toBe(0);
    expect((await purge('--tag', 'lamp:1')).code).toBe(0);
    // No request is sent in between: the file learns of the purges alone, in their order.
    await kept(project, '/lamps/', 5);
    await killed(before);
    await made.kill();
    const after = await start(project);
    await isWarm(after, 3);
    expect((await lamp(after, 1)).status).toBe(502);
    // A soft-purged response may replace the one of a dead backend.
    expect((await lamp(after, 2)).cache).toContain('fwd=stale');
  });

  it('starts empty with a warning if the file is foreign, and stores from then on', async () => {
    const { project } = await shop();
    const before = await start(project);
    await open(project, before);
    await lamp(before, 1);
    await kept(project, '/lamps/', 2);
    await killed(before);
    const file = join(project.dir, 'var/cache.db');
    for (const ending of ['-wal', '-shm']) await rm(file + ending, { force: true });
    await writeFile(file, Buffer.alloc(8_192, 'no database'));
    const after = await start(project, { LOG_LEVEL: 'warn' });
    expect(await after.portico.printed('starts empty')).toContain('"state":"emptied"');
    await open(project, after);
    expect((await lamp(after, 1)).cache).toContain('fwd=uri-miss');
    await kept(project, '/lamps/', 2);
    expect(await readdir(join(project.dir, 'var'))).toContain('cache.db.unreadable');
    await killed(after);
    await isWarm(await start(project), 1);
  });
});

describe('several workers on one disk', () => {
  it('serve what another one stored before the restart', async () => {
    const made = await backend((_req, res) => res.end('stored'));
    const project = own(
      await createProject({
        'portico.config.ts': CONFIG,
        'routes/page.get.ts': route(`'/page', { proxy: '${made.url}', cache: { ttl: '10m' } }`),
        'routes/ready/[n].get.ts': route(`'/ready/[n]', { proxy: '${made.url}', cache: { ttl: '10m' } }`),
      }),
    );
    const port = await freePort();
    const args = ['--workers', '2', '--port', String(port), '--dir', project.dir];
    const before = own(startPortico('start', args));
    await before.ready();
    await open(project, { port });
    await askShop({ port }, '/page');
    await kept(project, '/page', 1);
    await before.stop();
    await made.kill();
    const after = own(startPortico('start', args));
    await after.ready();
    // Each connection goes to the next worker.
    const read = async () => (await askShop({ port }, '/page', { headers: { Connection: 'close' } })).body;
    const readAll = async () => [await read(), await read(), await read(), await read()];
    await expect.poll(readAll, { timeout: 10_000 }).toEqual(Array(4).fill('stored'));
  });
});
