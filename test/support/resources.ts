import { afterEach } from 'vitest';
import type { CreateGatewayOptions } from '../../src/gateway.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { startGateway, type TestGateway } from './gateway.ts';

interface Resources {
  /** Disposes of it after the test, in reverse order. */
  own<T extends AsyncDisposable>(resource: T): T;
  backend(listener: Parameters<typeof startBackend>[0]): Promise<TestBackend>;
  gateway(files: Readonly<Record<string, string>>, options?: CreateGatewayOptions): Promise<TestGateway>;
}

/** Resources that are closed after each test. Called once per file. */
export function testResources(): Resources {
  const open: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(resource: T): T => {
    open.push(resource);
    return resource;
  };
  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  });
  return {
    own,
    backend: async listener => own(await startBackend(listener)),
    gateway: async (files, options) => own(await startGateway(files, options)),
  };
}
