import { execFileSync } from 'node:child_process';
import { cp, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { PorticoProcess, runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const HELLO = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };
const BIN = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

/** A Node on this host that is too old, or else this one under an old version number. */
const OLD = machinesOldNode() ?? [process.execPath, '--import', pretending('20.11.0')];

function machinesOldNode(): readonly string[] | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => !folder.includes('node_modules'));
  for (const folder of folders) {
    const node = join(folder, 'node');
    try {
      const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
      if (Number.parseInt(version, 10) < 24) return [node];
    } catch {
      // This folder contains no Node.
    }
  }
  return undefined;
}

function pretending(version: string): string {
  const code = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

describe.each([
  ['a Node that is too old', OLD],
  ['a Node that says it is', [process.execPath, '--import', pretending('20.11.0')]],
])('under %s', (_name, node) => {
  it('starts the Node of the project and says so', async () => {
    await using project = await createProject(HELLO);
    await using portico = new PorticoProcess(['start', '--dir', project.dir, '--port', '0', '--admin-port', '0'], {
      node,
    });
    const shown = await portico.printed('1 route');
    expect(shown).toMatch(/\(Node 2[4-9][\d.]+, bundled; this host has 20[\d.]+\)/);
  });

  it('passes on signals and the exit code', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--dir', project.dir], { node });
    const { url } = await portico.ready();
    expect((await fetch(`${url}/hello`)).status).toBe(200);
    expect(await portico.stop()).toMatchObject({ code: 0, signal: null });
    expect((await runPortico(['check', '--dir', `${project.dir}/nowhere`], { node })).code).toBe(1);
    expect((await runPortico(['strat'], { node })).code).toBe(2);
  });

  it('ends with the signal of its child', async () => {
    await using project = await createProject(HELLO);
    await using portico = startPortico('start', ['--dir', project.dir], { node });
    const { pid = 0 } = await portico.event('ready');
    expect(pid).not.toBe(portico.child.pid);
    process.kill(pid, 'SIGKILL');
    expect(await portico.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('reports in one line what to install if there is no other Node', async () => {
    await using project = await createProject({});
    const bin = join(await realpath(project.dir), 'bin', 'portico.js');
    await cp(dirname(BIN), dirname(bin), { recursive: true });
    const { code, out, err } = await runPortico(['start'], { node, bin, cwd: project.dir });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^portico needs Node 24\.9 or newer, this is 20\.[\d.]+; .*npm i -D node@26.*\n$/);
  });
});
