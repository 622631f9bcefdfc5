import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const GOOD = { 'routes/hello.get.ts': route("'/hello', { handler: () => ({ hello: 'world' }) }") };
const BROKEN = { ...GOOD, 'routes/cart.get.ts': route("'/cart', { handlr: () => ({}) }") };

describe('portico check', () => {
  it('counts the routes of a project without mistakes', async () => {
    await using project = await createProject(GOOD);
    const { code, out, err } = await runPortico(['check', '--dir', project.dir]);
    expect({ code, out, err }).toEqual({ code: 0, out: '1 route, no problems', err: '' });
  });

  it('reports every mistake on stderr and exits 1', async () => {
    await using project = await createProject({
      ...BROKEN,
      'routes/x.get.ts': route("'/y', { handler: () => ({}) }"),
    });
    const { code, out, err } = await runPortico(['check', '--dir', project.dir]);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('P121  routes/cart.get.ts:2:');
    expect(err).toContain('P107  routes/x.get.ts:2:');
    expect(err).toMatch(/problems in 3 routes\n$/);
    expect(err).not.toContain('    at ');
  });

  it('writes the mistakes for programs with --json', async () => {
    await using project = await createProject(BROKEN);
    const { code, out } = await runPortico(['check', '--dir', project.dir, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      routes: 2,
      problems: expect.arrayContaining([
        expect.objectContaining({ code: 'P121', file: 'routes/cart.get.ts', line: 2 }),
      ]),
    });
  });

  it('exits although a route keeps a timer', async () => {
    await using project = await createProject({
      'routes/a.get.ts': `setInterval(() => {}, 1000);\n${route("'/a', { handler: () => 1 }")}`,
    });
    expect((await runPortico(['check', '--dir', project.dir])).code).toBe(0);
  });

  it('runs in a folder without "type": "module" and without a warning', async () => {
    await using project = await createProject(GOOD);
    await project.write('package.json', '{}');
    const { code, err } = await runPortico(['check'], { cwd: project.dir });
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it('reports in one line that a folder is no project', async () => {
    await using project = await createProject({});
    const none = await runPortico(['check', '--dir', project.dir]);
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/^portico: no routes\/ in .+; add routes\/hello\.get\.ts\n$/);
    const missing = await runPortico(['check', '--dir', `${project.dir}/nowhere`]);
    expect(missing.code).toBe(1);
    expect(missing.err).toMatch(/^portico: no folder .+nowhere; .+\n$/);
    const forPrograms = await runPortico(['check', '--json', '--dir', `${project.dir}/nowhere`]);
    expect(JSON.parse(forPrograms.out)).toMatchObject({ problems: [], error: expect.stringContaining('no folder') });
  });
});
