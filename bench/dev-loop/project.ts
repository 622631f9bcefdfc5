import { createProject, type TestProject } from '../../test/support/project.ts';

/** Routes of one folder. */
const PER_FOLDER = 50;

/** The route that the bench saves again and again. */
export const SAVED = { file: 'routes/api/saved.get.ts', path: '/api/saved' } as const;

export function savedRoute(text: string): string {
  return `import { defineRoute } from 'portico';
export default defineRoute('${SAVED.path}', { handler: () => '${text}' });
`;
}

/** A project of so many routes: proxies, handlers, aggregates and schemas in turn, in folders with defaults. */
export function createLargeProject(routes: number): Promise<TestProject> {
  const files: Record<string, string> = {
    'services.ts': `import { defineService } from 'portico';
export const catalog = defineService('catalog', { targets: ['http://127.0.0.1:9'] });
export const stock = defineService('stock', { targets: ['http://127.0.0.1:9'] });
`,
    [SAVED.file]: savedRoute('first'),
  };
  for (let i = 0; i < routes - 1; i++) {
    const area = `api/area${Math.floor(i / PER_FOLDER)}`;
    if (i % PER_FOLDER === 0) {
      files[`routes/${area}/_defaults.ts`] = DEFAULTS;
      files[`routes/${area}/_shape.ts`] = SHAPE;
    }
    const make = KINDS[i % KINDS.length];
    if (make !== undefined) files[`routes/${area}/item${i}.get.ts`] = make(`/${area}/item${i}`, i);
  }
  return createProject(files);
}

const DEFAULTS = `import { defineDefaults } from 'portico';
export default defineDefaults({ timeout: '2s' });
`;
const SHAPE = `export const shape = {
  type: 'object',
  properties: { id: { type: 'string' }, price: { type: 'number' } },
  required: ['id'],
} as const;
`;

const KINDS: readonly ((path: string, i: number) => string)[] = [
  path => `import { defineRoute } from 'portico';
import { catalog } from '#services';
export default defineRoute('${path}', { proxy: catalog, cache: { ttl: '10s' } });
`,
  (path, i) => `import { defineRoute } from 'portico';
export default defineRoute('${path}', {
  query: { type: 'object', properties: { page: { type: 'integer' } } },
  handler: () => ({ n: ${i} }),
});
`,
  (path, i) => `import { defineRoute } from 'portico';
import { catalog, stock } from '#services';
import { shape } from './_shape.ts';
export default defineRoute('${path}', {
  aggregate: {
    product: { from: () => catalog\`/products/${i}\`, response: shape },
    stock: { from: () => stock\`/stock/${i}\`, response: shape, optional: true },
  },
  reply: ({ product }) => product,
});
`,
  (path, i) => `import { defineRoute } from 'portico';
import { shape } from './_shape.ts';
export default defineRoute('${path}', { response: shape, handler: (): { id: string } => ({ id: '${i}' }) });
`,
];
