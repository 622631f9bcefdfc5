import type { AddressInfo } from 'node:net';
import { type CreateGatewayOptions, createGateway, type Gateway, type ListenOptions } from '../../src/gateway.ts';
import { createProject, type TestProject } from './project.ts';

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly project: TestProject;
}

/** A real gateway on a free port, with a project of these files. */
export async function startGateway(
  files: Readonly<Record<string, string>>,
  options: CreateGatewayOptions = {},
  listen: ListenOptions = { port: 0 },
): Promise<TestGateway> {
  const project = await createProject(files);
  const gateway = await createGateway({ dir: project.dir, logLevel: 'silent', ...options });
  const { port } = (await gateway.listen(listen)) as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    gateway,
    project,
    async [Symbol.asyncDispose]() {
      await gateway.close({ graceMs: 0 });
      await project[Symbol.asyncDispose]();
    },
  };
}

/** A route file with the argument of `defineRoute(...)` and the common imports. */
export function route(definition: string): string {
  return `import { defineRoute, defineService, refuse, type } from 'portico';
    export default defineRoute(${definition});\n`;
}
