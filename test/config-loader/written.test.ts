import { describe, expect, it } from 'vitest';
import { createProject } from '../support/project.ts';
import { codesOf, mistakesOf } from './fixture.ts';

const IMPORTS = "import { defineRoute } from 'portico';\nimport { catalog } from './_services.ts';\n";

async function reportOf(text: string): Promise<readonly string[]> {
  await using project = await createProject({ 'routes/a.get.ts': `${IMPORTS}${text}\n` });
  const { problems } = await mistakesOf(project.dir);
  return problems.map(({ code, line, message }) => `${code} ${line} ${message}`);
}

describe('a file that cannot be imported', () => {
  it('has its other mistakes in the same report', async () => {
    expect(
      await reportOf(`export default defineRoute({
  proxy: catalog,
  timeout: { head: '1 s' },
  cache: { ttl: '5 minutes', stale: '1m' },
});`),
    ).toEqual([
      expect.stringMatching(/^P\d+ 2 .*_services/),
      'P121 5 unknown option "head" in timeout',
      expect.stringMatching(/^P12\d 6 .*ttl/),
      'P121 6 unknown option "stale" in cache',
    ]);
  });

  it.each([
    ['a value that the text does not show', 'proxy: catalog.at("/x"), cache: { ttl: catalog.ttl, tags: c => [c.id] }'],
    ['a template with holes', `proxy: catalog, timeout: \`\${catalog.s}s\``],
    ['what is spread in', '...catalog, cache: { ...catalog.cache }'],
    ['a computed name', 'proxy: catalog, [catalog.name]: 1'],
    ['a prototype', 'proxy: catalog, __proto__: catalog'],
    ['methods and quoted names', '"handler"() { return 1; }, "cache": { "ttl": "5m" }'],
  ])('gets no problem for %s', async (_, options) => {
    expect(await reportOf(`export default defineRoute({ ${options} });`)).toEqual([
      expect.stringMatching(/^P\d+ 2 .*_services/),
    ]);
  });

  it("is not judged by the options of a team's own function", async () => {
    expect(await reportOf("export default pageRoute({ greeting: 'hello' });")).toHaveLength(1);
    expect(
      await reportOf('export default withAudit(defineRoute({ handler: () => 1 }), { audit: true });'),
    ).toHaveLength(1);
  });

  it('is not checked further after a syntax error', async () => {
    expect(await codesOf({ 'routes/a.get.ts': `${IMPORTS}export default defineRoute({ proxi: ` })).toHaveLength(1);
  });
});
