import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { run } from '../support/outside.ts';
import { createProject, type TestProject } from '../support/project.ts';

const PROGRAM = fileURLToPath(new URL('../support/processes/closed-gateways.ts', import.meta.url));
const FILES = {
  'services.ts': `import { defineService } from 'portico';
export const catalog = defineService('catalog', {
  targets: ['http://127.0.0.1:1'],
  health: { path: '/health', interval: '1s' },
});
`,
  'portico.config.ts': `import { defineGateway } from 'portico';
export default defineGateway({ cache: { disk: { path: './cache' } } });
`,
  'routes/a.get.ts': `import { defineRoute } from 'portico';
import { catalog } from '#services';
export default defineRoute('/a', { proxy: catalog('/a'), cache: { ttl: '1m' }, fallback: { of: 'a' } });
`,
  'routes/b.get.ts': route("'/b', { handler: () => ({ of: 'b' }) }"),
};

describe('a closed gateway', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = await createProject(FILES);
  });

  afterAll(() => project[Symbol.asyncDispose]());

  it.each([
    ['that was only loaded', 'none', 40],
    ['whose app was called', 'app', 40],
    ['that listened', 'listen', 40],
    ['that drained', 'drain', 5],
  ] as const)('%s leaves no memory and nothing that stays open', async (_how, use, count) => {
    const flags = ['--expose-gc', '--conditions=portico-source'];
    const { stdout } = await run(process.execPath, [...flags, PROGRAM, project.dir, use, `${count}`]);
    const { made, alive, before, after } = JSON.parse(stdout);
    // The last one may still be on the stack.
    expect([made, alive <= 1]).toEqual([count, true]);
    expect(after).toEqual(before);
  });
});
