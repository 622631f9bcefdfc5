import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { runPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

/** Prints at the end of a process how often Node itself resolved what files of routes import, and the files themselves. */
const COUNTER = `import { registerHooks } from 'node:module';
const counts = {};
registerHooks({
  resolve(specifier, context, next) {
    const name = specifier.startsWith('file:') ? 'a route' : specifier;
    if (/\\/routes\\//.test(context.parentURL ?? '') || /\\/routes\\//.test(specifier)) counts[name] = (counts[name] ?? 0) + 1;
    return next(specifier, context);
  },
});
process.on('exit', () => console.error(JSON.stringify(counts)));
`;

const importing = (path: string) => `import { catalog } from '#services';
import { shape } from './_shape.ts';
${route(`'${path}', { response: shape, handler: () => catalog.serviceName }`)}`;

describe('the resolutions of a load', () => {
  it('are made once for each folder, not for each file', async () => {
    const files: Record<string, string> = {
      'counter.mjs': COUNTER,
      'services.ts': `import { defineService } from 'portico';
export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:1'] });\n`,
    };
    for (const folder of ['a', 'b']) {
      files[`routes/${folder}/_shape.ts`] = `export const shape = { type: 'string' } as const;\n`;
      for (let i = 0; i < 40; i++) files[`routes/${folder}/r${i}.get.ts`] = importing(`/${folder}/r${i}`);
    }
    const project = own(await createProject(files));
    const node = [process.execPath, '--import', join(project.dir, 'counter.mjs')];
    const { code, out, err } = await runPortico(['check', '--dir', project.dir], { node });
    expect({ code, out }).toMatchObject({ code: 0, out: '80 routes, no problems' });
    expect(JSON.parse(err)).toEqual({ 'a route': 2, portico: 2, '#services': 2 });
  });

  it('are those of Node for links, for packages within the project, and for brackets in names', async () => {
    const seen = (path: string, values: string) => route(`'${path}', { handler: () => [${values}] }`);
    const project = own(
      await createProject({
        'routes/a.get.ts': `import { name } from './inner/_own.ts';\n${seen('/a', 'name')}`,
        'routes/inner/package.json': '{ "type": "module", "imports": { "#own": "./_own.ts" } }',
        'routes/inner/_own.ts': `export const name = import.meta.url;\n`,
        'routes/inner/b.get.ts': `import { name } from '#own';\n${seen('/inner/b', 'name, import.meta.url')}`,
        'routes/inner/[id].get.ts': `${seen('/inner/[id]', '1')}export const loads = (globalThis.loads ??= []);
loads.push(import.meta.url);
if (loads.length > 1) throw new Error(loads.join());\n`,
        'routes/inner/c.get.ts': `import { loads } from './[id].get.ts';\n${seen('/inner/c', 'loads.length')}`,
        'shared/d.get.ts': `import { count } from './_count.ts';\n${seen('/linked/d', 'count')}`,
        'shared/_count.ts': `export const count = (globalThis.count = (globalThis.count ?? 0) + 1);
if (count > 1) throw new Error('imported twice');\n`,
        'routes/e.get.ts': `import { count } from '../shared/_count.ts';\n${seen('/e', 'count')}`,
      }),
    );
    await symlink('../shared', join(project.dir, 'routes/linked'));
    expect(await runPortico(['check', '--dir', project.dir])).toMatchObject({ code: 0, err: '' });
  });
});
