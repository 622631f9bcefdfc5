import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { PorticoProcess, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { proxyOf } from '../support/recording.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

const PORTS = ['--port', '0', '--admin-port', '0'];

async function urlOf(portico: PorticoProcess): Promise<string> {
  return /Gateway +(http:\/\/\S+?:\d+)/.exec(await portico.printed('Gateway'))?.[1] ?? '';
}

it('portico record writes what portico dev --replay serves, and both say so', async () => {
  const backend = await startBackend((_req, res) => res.end('from the backend'));
  const project = own(await createProject(proxyOf(backend.url)));
  const record = own(new PorticoProcess(['record', '--dir', project.dir, ...PORTS]));
  expect(await record.printed('Recorded')).toMatch(/^ {2}➜ {2}Recorded {2}responses are written to recordings$/m);
  expect(await (await fetch(`${await urlOf(record)}/hello`)).text()).toBe('from the backend');
  expect(await record.stop()).toMatchObject({ code: 0, err: '' });
  await backend[Symbol.asyncDispose]();

  const env = { LOG_LEVEL: 'info' };
  const replay = own(new PorticoProcess(['dev', '--replay', '--dir', project.dir, ...PORTS], { env }));
  expect(await replay.printed('replay')).toMatch(
    /^ {2}➜ {2}Recorded {2}replay of 1 recorded request in recordings; no backend is called$/m,
  );
  const url = await urlOf(replay);
  expect(await (await fetch(`${url}/hello`)).text()).toBe('from the backend');
  expect((await fetch(`${url}/other`)).status).toBe(501);
  const { out, err } = await replay.stop();
  // The message is there once.
  expect(out).toMatch(/ {2}replay\.not_recorded$/m);
  expect(err).toBe('portico: No recording of GET api /other; recorded: GET api /hello; `portico record` records it\n');
});

it('portico dev --replay serves an edited recording after a reload, and nothing from a broken one', async () => {
  const project = own(await createProject(proxyOf('http://127.0.0.1:1')));
  const file = join(project.dir, 'recordings/api/get-a.json');
  const text = (body: string) =>
    JSON.stringify({
      portico: 1,
      request: { service: 'api', method: 'GET', path: '/a' },
      sites: [],
      responses: [{ position: 0, status: 200, headers: [], body: { text: body } }],
    });
  await mkdir(join(project.dir, 'recordings/api'), { recursive: true });
  await writeFile(file, text('first'));
  const portico = own(startPortico('dev', ['--replay', '--dir', project.dir]));
  const { url } = await portico.ready();
  expect(await (await fetch(`${url}/a`)).text()).toBe('first');
  await writeFile(file, text('second'));
  await portico.event('reloaded');
  expect(await (await fetch(`${url}/a`)).text()).toBe('second');
  await writeFile(file, '{"portico":1}');
  await portico.event('refused');
  expect(await (await fetch(`${url}/a`)).text()).toBe('second');
  expect(portico.err).toContain('recordings/api/get-a.json'.split('/').slice(1).join('/'));
  const broken = own(startPortico('dev', ['--replay', '--dir', project.dir]));
  const { code, err } = await broken.ended;
  expect(code).toBe(1);
  expect(err).toMatch(/^portico: 3 mistakes in the recordings of \S+recordings$/m);
  expect(err).toContain('  api/get-a.json  /request: is required\n');
});

it('portico record leaves whole files behind when it is killed', async () => {
  await using backend = await startBackend((_req, res) => res.end('x'.repeat(1_000_000)));
  const project = own(await createProject(proxyOf(backend.url)));
  const portico = own(new PorticoProcess(['record', '--dir', project.dir, '--json', ...PORTS]));
  const { url } = await portico.ready();
  for (let i = 0; i < 8; i++) await (await fetch(`${url}/${i}`)).text();
  portico.child.kill('SIGKILL');
  await portico.ended;
  const folder = join(project.dir, 'recordings');
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith('.json')) JSON.parse(await readFile(join(folder, name), 'utf8'));
  }
  // The next run removes what is left of a file that was not finished, and no file that another process writes.
  await mkdir(join(folder, 'api'), { recursive: true });
  for (const name of await readdir(join(folder, 'api')))
    if (name.endsWith('.part')) await rm(join(folder, 'api', name));
  for (const name of ['.1.part', '.2.part']) await writeFile(join(folder, 'api', name), '{"portico": 1, "requ');
  const old = Date.now() / 1_000 - 7_200;
  await utimes(join(folder, 'api/.1.part'), old, old);
  const again = own(new PorticoProcess(['record', '--dir', project.dir, '--json', ...PORTS]));
  await again.ready();
  await again.stop();
  expect((await readdir(join(folder, 'api'))).filter(name => name.endsWith('.part'))).toEqual(['.2.part']);
});

it('portico record does not start where it cannot write', async () => {
  const project = own(await createProject(proxyOf('http://127.0.0.1:1')));
  const folder = process.platform === 'linux' ? '/proc/recordings/new' : '/dev/null/recordings';
  const { code, out, err } = await own(
    new PorticoProcess(['record', '--dir', project.dir, '--recordings', folder, ...PORTS]),
  ).ended;
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toMatch(/^portico: cannot (?:write|read) \S+: E[A-Z]+: .*$/m);
  expect(err.trim().split('\n')).toHaveLength(1);
});

it('portico record exits with 1 if a file could not be written', async () => {
  await using backend = await startBackend((_req, res) => res.end('ok'));
  const project = own(await createProject(proxyOf(backend.url)));
  const record = own(new PorticoProcess(['record', '--dir', project.dir, '--json', ...PORTS]));
  const { url } = await record.ready();
  await writeFile(join(project.dir, 'recordings/api'), 'a file in place of the folder');
  expect(await (await fetch(`${url}/hello`)).text()).toBe('ok');
  const { code, err } = await record.stop();
  expect(code).toBe(1);
  expect(err).toMatch(/^portico: api\/get-hello\.\w+\.json is not written: (?:EEXIST|ENOTDIR): /);
  expect(err).toContain('portico: 1 recording is not written, as said above\n');
});
