import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { PorticoProcess } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own, gateway } = testResources();

const FILES = {
  'routes/api/products/[id].get.ts': route(`'/api/products/[id]', { handler: c => ({ id: c.params.id }) }`),
  'routes/broken.get.ts': `import { defineRoute } from 'portico';
export default defineRoute('/broken', {
  handler: c => {
    try {
      return JSON.parse(c.path);
    } catch (cause) {
      throw new Error('the path is no JSON', { cause });
    }
  },
});
`,
};

describe('portico dev in a terminal', () => {
  it('prints a line for each request, and frame, position and cause of a thrown error', async () => {
    const project = own(await createProject(FILES));
    const args = ['dev', '--dir', project.dir, '--port', '0', '--admin-port', '0'];
    const portico = own(new PorticoProcess(args, { env: { LOG_LEVEL: '' } }));
    const [url = ''] = /http:\/\/\S+?:\d+/.exec(await portico.printed('http://')) ?? [];
    await fetch(`${url}/api/products/7`).then(response => response.text());
    expect(await portico.printed('/api/products/7')).toMatch(
      /^GET +200 +\d+ ms {2}\/api\/products\/7 {2}\/api\/products\/\{id\}$/m,
    );
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    const printed = await portico.printed('caused by');
    expect(printed).toMatch(/^GET +500 +\d+ ms {2}\/broken {2}gateway\.error: /m);
    expect(printed).toMatch(/^ {2}Error: the path is no JSON {2}routes\/broken\.get\.ts:7:13$/m);
    expect(printed).toContain("   7 │       throw new Error('the path is no JSON', { cause });\n     │             ─");
    expect(printed).toMatch(/^ {2}caused by SyntaxError: .*routes\/broken\.get\.ts:5:19$/m);
  });
});

describe('a gateway in dev', () => {
  it('shows the thrown error and its position in problem+json', async () => {
    const { url } = await gateway(FILES, { mode: 'dev' });
    const { thrown } = (await (await fetch(`${url}/broken`)).json()) as { readonly thrown: readonly unknown[] };
    expect(thrown).toMatchObject([
      { message: 'Error: the path is no JSON', at: 'routes/broken.get.ts:7:13', frame: expect.stringContaining('─') },
      { message: expect.stringMatching(/^SyntaxError: /), at: 'routes/broken.get.ts:5:19' },
    ]);
    const page = await fetch(`${url}/broken`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('routes/broken.get.ts:7:13');
  });

  it('knows the position in a route group, too', async () => {
    const { url } = await gateway(
      { 'routes/(shop)/[id]/broken.get.ts': FILES['routes/broken.get.ts'].replace("'/broken'", "'/[id]/broken'") },
      { mode: 'dev' },
    );
    const { thrown } = (await (await fetch(`${url}/7/broken`)).json()) as { readonly thrown: readonly unknown[] };
    expect(thrown).toMatchObject([{ at: 'routes/(shop)/[id]/broken.get.ts:7:13' }, expect.anything()]);
  });

  it.each([
    ['/api/prodcts/7', '/api/products/{id}'],
    ['/api/products', '/api/products/{id}'],
    ['/brocken', '/broken'],
  ])('suggests at %s the nearest route', async (path, near) => {
    const { url } = await gateway(FILES, { mode: 'dev' });
    expect(await (await fetch(url + path)).json()).toMatchObject({
      status: 404,
      detail: `There is nothing at this address; did you mean ${near}?`,
    });
  });

  it('suggests no route that is not similar', async () => {
    const { url } = await gateway(FILES, { mode: 'dev' });
    expect(await (await fetch(`${url}/favicon.ico`)).json()).toMatchObject({
      detail: 'There is nothing at this address',
    });
  });
});

describe('a gateway in production', () => {
  it('shows clients neither the error nor its routes, and operators the nearest route', async () => {
    const { url, gateway: made } = await gateway(FILES);
    expect(await (await fetch(`${url}/broken`)).json()).not.toHaveProperty('thrown');
    expect(await (await fetch(`${url}/brocken`)).json()).toMatchObject({ detail: 'There is nothing at this address' });
    expect(made.explain({ method: 'GET', path: '/brocken' }).outcome).toMatchObject({
      kind: 'refused',
      detail: 'There is nothing at this address; did you mean /broken?',
    });
  });
});
