import { startBackend, type TestBackend } from './backend.ts';
import { type RunningCommand, runPortico } from './command.ts';
import { createProject, type TestProject } from './project.ts';

/** A gateway in whose operation there is something of everything to see. */
export interface OperatedGateway extends AsyncDisposable {
  readonly portico: RunningCommand;
  readonly project: TestProject;
  readonly backend: TestBackend;
  /** Sends the requests once more. */
  traffic(): Promise<void>;
}

const SLOW_MS = 150;

/**
 * Two workers with stored responses that have tags, a part that takes long, a part that is repeated, and a route whose
 * backend does not respond, so that its circuit opens.
 */
export async function startOperated(
  args: readonly string[] = ['--workers', '2'],
  env: Readonly<Record<string, string>> = {},
): Promise<OperatedGateway> {
  const flaky = new Set<string>();
  const backend = await startBackend((req, res) => {
    const path = req.url ?? '';
    if (path.startsWith('/slow')) setTimeout(() => res.end('{"slow":true}'), SLOW_MS);
    else if (path.startsWith('/flaky') && !flaky.has(path)) {
      flaky.add(path);
      res.writeHead(503).end();
    } else res.setHeader('Content-Type', 'application/json').end(JSON.stringify({ path }));
  });
  const project = await createProject(files(backend.url));
  const portico = await runPortico(['start', '--dir', project.dir, ...args], env);
  let count = 0;
  const traffic = async (): Promise<void> => {
    const id = ++count;
    const paths = ['/items/1', '/items/1', `/items/${id + 1}`, `/pages/${id}`, ...Array(6).fill('/sick'), '/nowhere'];
    // On connections of their own, so that both workers get some.
    for (const path of paths) await (await fetch(portico.url + path, { headers: { Connection: 'close' } })).text();
  };
  await traffic();
  return {
    portico,
    project,
    backend,
    traffic,
    async [Symbol.asyncDispose]() {
      await portico[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    },
  };
}

function files(url: string): Readonly<Record<string, string>> {
  return {
    'services.ts': `import { defineService } from 'portico';
      export const catalog = defineService('catalog', { targets: ['${url}'] });
      export const sick = defineService('sick', { targets: ['http://127.0.0.1:9'] });\n`,
    'routes/items/[id].get.ts': `import { defineRoute } from 'portico';
      import { catalog } from '#services';
      export default defineRoute('/items/[id]', {
        proxy: catalog,
        cache: { ttl: '1h', tags: c => ['items', \`item:\${c.params.id}\`] },
      });\n`,
    'routes/pages/[id].get.ts': `import { defineRoute, type } from 'portico';
      import { catalog } from '#services';
      export default defineRoute('/pages/[id]', {
        aggregate: {
          item: { from: c => catalog\`/items/\${c.params.id}\`, response: type<unknown>(), cache: { ttl: '1h' } },
          slow: { from: c => catalog\`/slow/\${c.params.id}\`, response: type<unknown>() },
          flaky: {
            from: c => catalog\`/flaky/\${c.params.id}\`,
            response: type<unknown>(),
            retry: { attempts: 2 },
            breaker: {},
          },
        },
        reply: parts => parts,
      });\n`,
    'routes/sick.get.ts': `import { defineRoute } from 'portico';
      import { sick } from '#services';
      export default defineRoute('/sick', {
        proxy: sick,
        retry: false,
        breaker: { minRequests: 5, resetTimeout: '10m', maxResetTimeout: '10m' },
      });\n`,
  };
}
