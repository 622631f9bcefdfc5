import { describe, expect, it } from 'vitest';
import { showRoutes } from '../../src/cli/routes.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { DEFAULTS } from '../../src/config/defaults.ts';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';

const FILES = {
  'services.ts': `import { defineService } from 'portico';
export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:1'] });`,
  'routes/items/[id].get.ts': `import { catalog } from '#services';
${route("'/items/[id]', { proxy: catalog('/v2/items/[id]'), cache: { ttl: '30s', swr: '5m' } }")}`,
  'routes/page.get.ts': `import { catalog } from '#services';
${route(`'/page', {
  aggregate: {
    product: { from: catalog('/p'), response: type<{ name: string }>() },
    stock: { from: catalog('/s'), response: type<{ qty: number }>(), optional: true },
  },
  reply: parts => parts,
}`)}`,
  'routes/upload.post.ts': route("'/upload', { proxy: 'http://127.0.0.1:1', limits: { body: '10MB' } }"),
  'routes/old.ts': route("'/old', { redirect: '/page' }"),
  'routes/hello.get.ts': route("'/hello', { handler: () => 'hello' }"),
  'routes/files/[...path].get.ts': route("'/files/[...path]', { static: { dir: 'web' } }"),
  'web/index.html': '<p>',
};

describe('portico routes', () => {
  it('shows the routes with their policies', async () => {
    await using project = await createProject(FILES);
    const { code, out } = await runPortico(['routes', '--dir', project.dir]);
    expect(code).toBe(0);
    const cells = out.split('\n').map(line => line.split(/ {2,}/));
    expect(cells[0]).toEqual(['METHOD', 'PATH', 'RESPONSE', 'FILE', 'POLICIES']);
    const rows = new Map(
      cells.slice(1).map(([method, path, response, file, policies]) => [path, { method, response, policies, file }]),
    );
    expect(rows.get('/items/{id}')).toMatchObject({
      method: 'GET',
      response: 'proxy catalog',
      policies: expect.stringContaining('cache 30s, swr 5m'),
      file: 'routes/items/[id].get.ts',
    });
    expect(rows.get('/page')).toMatchObject({ response: 'product · stock?' });
    expect(rows.get('/upload')).toMatchObject({ policies: expect.stringContaining('body 10MB') });
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^limits {2}body 1MB · head 16KB · headers 100 · /);
    expect(rows.get('/old')).toMatchObject({ method: 'ANY', response: 'redirect' });
    expect(rows.get('/hello')).toMatchObject({ response: 'handler' });
    expect(rows.get('/files/{...path}')).toMatchObject({ response: 'static web', policies: 'compress' });
  });

  it('fits the terminal', async () => {
    await using project = await createProject(FILES);
    const lines: string[] = [];
    const terminal: Terminal = {
      out: text => lines.push(text),
      error: () => {},
      colors: false,
      paint: (_style, text) => text,
      columns: 80,
    };
    await showRoutes({ name: 'routes', dir: project.dir, json: false }, terminal);
    const table = lines.slice(0, -1);
    expect(table.filter(line => line.length > 80)).toEqual([]);
    expect(table.some(line => line.endsWith('…'))).toBe(true);
  });

  it('prints the same as JSON with --json', async () => {
    await using project = await createProject(FILES);
    const { out } = await runPortico(['routes', '--json', '--dir', project.dir]);
    const { routes, limits } = JSON.parse(out);
    expect(limits).toEqual(DEFAULTS.limits);
    expect(routes).toContainEqual({
      method: 'GET',
      path: '/files/{...path}',
      pattern: '/files/[...path]',
      response: 'static web',
      policies: ['compress'],
      file: 'routes/files/[...path].get.ts',
    });
  });

  it('reports mistakes instead', async () => {
    await using project = await createProject({ 'routes/a.get.ts': 'export default 1;' });
    const { code, out, err } = await runPortico(['routes', '--dir', project.dir]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('P106');
  });
});
