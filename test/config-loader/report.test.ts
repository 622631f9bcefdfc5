import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProject } from '../support/project.ts';
import { mistakesIn, mistakesOf } from './fixture.ts';

async function report(fixture: string): Promise<string> {
  return (await mistakesIn(fixture)).report();
}

describe('the report', () => {
  it('underlines two kinds of response and names the one to remove', async () => {
    expect(await report('p120-two')).toBe(
      `
 P120  routes/api/cart.ts:4:3  choose one of: proxy, handler
   4 │   proxy: cart('/carts'),
     │   ─────
   6 │   handler: () => ({}),
     │   ───────  remove this, or make it \`fallback\`
   → a route has exactly one kind: keep one, or write two files
 1 problem in 1 route`.slice(1),
    );
  });

  it('names both files of a duplicate address', async () => {
    expect(await report('p102-two-files')).toBe(
      `
 P102  two files have the address GET /users/{}
   routes/users/[id].get.ts
   routes/users/[slug].get.ts
   → rename one, give one a matcher ([id=int]), or move one to another host group
 1 problem in 2 routes`.slice(1),
    );
  });

  it('underlines the wrong part of a file name', async () => {
    expect(await report('p104-matcher')).toBe(
      `
 P104  routes/[id=nit].ts:1:1  unknown matcher "nit"; known: int, uuid, date, slug
   routes/[id=nit].ts
             ────
   → did you mean "int"? else export a function nit(text) from routes/_matchers.ts
 1 problem in 1 route`.slice(1),
    );
  });

  it('finds a line in a module that a route imports, and reports it once', async () => {
    expect(await report('p114-thrown')).toBe(
      `
 P114  prices.ts:2:9  thrown while the file was imported: no price list
   2 │   throw new Error('no price list');
     │         ─
   → correct it, or do it when a request comes: a file is imported once, before any request
 1 problem in 2 routes`.slice(1),
    );
  });

  it('shows the place of the missing line in package.json', async () => {
    expect(await report('p113-services')).toBe(
      `
 P113  routes/a.ts:2:25  "#services" is not declared
   2 │ import { catalog } from '#services';
     │                         ───────────
   → add to package.json: "imports": { "#services": "./services.ts" }
 1 problem in 1 route`.slice(1),
    );
  });

  it('points to the module that defines a service', async () => {
    expect(await report('p125-two-services-in-one-module')).toBe(
      `
 P125  services.ts:3:38  two services are called "catalog"
   3 │ export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:4001'] });
     │                                      ─────────
   4 │ export const items = defineService('catalog', { targets: ['http://127.0.0.1:4002'] });
     │                                    ─────────
   → rename one: logs and metrics know a service by its name
 1 problem in 1 route`.slice(1),
    );
  });

  it('lists every mistake of a project by file and line', async () => {
    const error = await mistakesIn('ten-mistakes');
    const codes = ['P101', 'P102', 'P104', 'P105', 'P107', 'P110', 'P126', 'P121', 'P122', 'P123', 'P132'];
    expect(error.problems.map(({ code }) => code)).toEqual(codes);
    expect(error.report()).toMatch(/\n 11 problems in 9 routes$/);
    expect(error.message).toBe(error.report());
  });

  it('has colours only on demand', async () => {
    const error = await mistakesIn('ten-mistakes');
    expect(stripVTControlCharacters(error.report())).toBe(error.report());
    expect(error.report(true)).not.toBe(error.report());
    expect(stripVTControlCharacters(error.report(true))).toBe(error.report());
  });

  it('is available as JSON', async () => {
    const error = await mistakesIn('p102-two-files');
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      routes: 2,
      problems: [
        {
          code: 'P102',
          file: 'routes/users/[id].get.ts',
          line: 1,
          column: 1,
          message: 'two files have the address GET /users/{}',
          remedy: expect.stringContaining('rename one'),
          frame: expect.stringContaining('[slug]'),
          related: [{ file: 'routes/users/[slug].get.ts', line: 1, column: 1 }],
        },
      ],
    });
  });
});

describe('positions', () => {
  const definition = "{ handler: () => 1, timout: '1s' }";
  it.each([
    ['a const that is exported later', `const route = defineRoute(${definition});\nexport default route;`, '2:47'],
    ['a const exported under another name', `const r = defineRoute(${definition});\nexport { r as default };`, '2:43'],
    ['a named definition', `const d = ${definition};\nexport default defineRoute('/a', d);`, '2:31'],
    ['a definition spread into another', `const d = ${definition};\nexport default defineRoute({ ...d });`, '2:31'],
    [
      'a definition with types',
      `export default defineRoute({ handler: (): number => 1, timout: '1s' } as never);`,
      '2:56',
    ],
    ['a definition made by a function', `const d = () => (${definition});\nexport default defineRoute(d());`, '3:16'],
  ])('follow %s', async (_, text, position) => {
    await using project = await createProject({ 'routes/a.ts': `import { defineRoute } from 'portico';\n${text}\n` });
    const [problem] = (await mistakesOf(project.dir)).problems;
    expect(`${problem?.code} ${problem?.line}:${problem?.column}`).toBe(`P121 ${position}`);
  });
});
