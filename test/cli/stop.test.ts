import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AS_FIRST_PROCESS, childOf, noFirstProcess } from '../support/first-process.ts';
import { route } from '../support/gateway.ts';
import { NpmRun } from '../support/npm-run.ts';
import { PorticoProcess, type SpawnOptions, startPortico } from '../support/portico-process.ts';
import { createProject, type TestProject } from '../support/project.ts';

const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };
const LOADING = 'the route loads';
const SAYS = `import { writeSync } from 'node:fs';\nwriteSync(2, '${LOADING}\\n');\n`;
/** A module that waits for what never comes. */
const HANGING = { 'routes/hello.get.ts': `${SAYS}await new Promise(() => setInterval(() => {}, 1_000));\n` };
const ENDLESS = { 'routes/hello.get.ts': `${SAYS}for (;;);\n` };
const SPINNING = {
  ...HELLO,
  'routes/spin.get.ts': `${SAYS}${route("'/spin', { handler: () => { writeSync(2, 'spins'); for (;;); } }")}`,
};
const FIRST: SpawnOptions = { node: AS_FIRST_PROCESS };

/** Resolves once the error output has the text. Output that a worker keeps open ends with it, as `ended` does. */
async function says(portico: PorticoProcess, text: string): Promise<void> {
  await expect.poll(() => portico.err).toContain(text);
}

/** Signals the program itself, to which `unshare` does not pass signals on. */
function signal({ child: { pid = 0 } }: PorticoProcess, name: NodeJS.Signals): void {
  process.kill(childOf(pid), name);
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', stop => {
  it('ends dev while a route module loads in an endless loop, with its worker', async () => {
    await using project = await createProject(ENDLESS);
    await using portico = startPortico('dev', ['--dir', project.dir]);
    await says(portico, LOADING);
    expect(await portico.stop(stop)).toMatchObject({ code: 0, signal: null, out: expect.stringContaining(stop) });
  });

  it('ends dev while it waits for a mend', async () => {
    await using project = await createProject({ 'routes/hello.get.ts': 'export default 1;\n' });
    await using portico = startPortico('dev', ['--dir', project.dir]);
    await portico.event('refused');
    expect(await portico.stop(stop)).toMatchObject({ code: 0, signal: null });
  });

  it('ends start while a route module loads in an endless loop', async () => {
    await using project = await createProject(ENDLESS);
    await using portico = startPortico('start', ['--dir', project.dir]);
    await says(portico, LOADING);
    expect(await portico.stop(stop)).toMatchObject({ code: null, signal: stop });
  });

  it.skipIf(noFirstProcess !== undefined).each([
    ['start', [], HANGING],
    ['start', ['--workers', '1'], ENDLESS],
    ['dev', [], ENDLESS],
  ] as const)('ends the first process of a container while it loads: %s %j', async (command, args, files) => {
    await using project = await createProject(files);
    await using portico = startPortico(command, ['--dir', project.dir, ...args], FIRST);
    await says(portico, LOADING);
    signal(portico, stop);
    expect(await portico.ended).toMatchObject({ code: 0, signal: null });
  });
});

describe('a stop', () => {
  it.skipIf(noFirstProcess !== undefined)('ends a command that is the first process of a container', async () => {
    await using project = await createProject(HANGING);
    await using portico = new PorticoProcess(['check', '--dir', project.dir], FIRST);
    await says(portico, LOADING);
    signal(portico, 'SIGTERM');
    expect(await portico.ended).toMatchObject({ code: 143, signal: null });
  });

  it('that is repeated ends a worker in an endless loop, too', async () => {
    await using project = await createProject(SPINNING);
    await using portico = startPortico('start', ['--dir', project.dir, '--workers', '1']);
    const { url } = await portico.ready();
    void fetch(`${url}/spin`).catch(() => undefined);
    await says(portico, 'spins');
    portico.child.kill('SIGTERM');
    await portico.event('stopping');
    expect(await portico.stop('SIGINT')).toMatchObject({ code: 130, signal: null });
  });
});

/** A project whose start script is `portico start`, as that of a team. */
async function withScript(files: Readonly<Record<string, string>>, start: string): Promise<TestProject> {
  const project = await createProject(files);
  await project.write('package.json', JSON.stringify({ type: 'module', scripts: { start } }));
  await mkdir(join(project.dir, 'node_modules/.bin'));
  await symlink('../portico/bin/portico.js', join(project.dir, 'node_modules/.bin/portico'));
  return project;
}

const BIN = 'node_modules/portico/bin/portico.js';
const OLD_NODE = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.0'}})`;

describe('a SIGTERM to npm', () => {
  it.each([
    ['npm start', `node ${BIN} start`],
    ['npm start', `true && node ${BIN} start --workers 1`],
    // Under a Node that is too old another one runs the gateway.
    ['npm start', `node --import "${OLD_NODE}" ${BIN} start`],
    ['npx portico start', ''],
  ])('ends the gateway that serves: %s, %s', async (command, script) => {
    await using project = await withScript(HELLO, script);
    const run = new NpmRun(command, { cwd: project.dir });
    const url = await run.url();
    expect((await fetch(`${url}/hello`)).status).toBe(200);
    await run.stop('SIGTERM');
    await expect(fetch(`${url}/hello`)).rejects.toThrow('fetch failed');
  });

  it.each([`node ${BIN} start`, `node ${BIN} dev`])('ends the gateway that loads: %s', async script => {
    await using project = await withScript(HANGING, script);
    const run = new NpmRun('npm start', { cwd: project.dir });
    await expect.poll(() => run.printed).toContain(LOADING);
    await run.stop('SIGTERM');
  });

  it.skipIf(process.platform !== 'linux')('leaves a gateway alone that leads a session of its own', async () => {
    const detached = `setsid node ${BIN} start > detached.txt 2>&1 & echo $! > pid.txt`;
    await using project = await withScript(HELLO, `${detached}; node ${BIN} start`);
    const text = (file: string): Promise<string> => readFile(join(project.dir, file), 'utf8');
    const run = new NpmRun('npm start', { cwd: project.dir });
    try {
      await run.url();
      await expect.poll(() => text('detached.txt')).toContain('Gateway');
      const [url] = /http:\S+(?=\/)/.exec(await text('detached.txt')) ?? [];
      // The gateway in the foreground ends with the script.
      await run.stop('SIGTERM');
      expect((await fetch(`${url}/hello`)).status).toBe(200);
    } finally {
      process.kill(Number(await text('pid.txt')));
    }
  });
});
