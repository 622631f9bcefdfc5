import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CreateGatewayOptions } from '../../src/gateway.ts';
import type { RecordingsOptions } from '../../src/recordings/options.ts';
import { filesBelow } from './files-below.ts';
import { startGateway, type TestGateway } from './gateway.ts';

/** A project that is recorded, and then served again from its recordings. */
export interface RecordingTest extends AsyncDisposable {
  readonly folder: string;
  /** A gateway in front of the live backends; what it recorded is there once it is closed. */
  live(options?: Partial<RecordingsOptions>): Promise<TestGateway>;
  /** A gateway that has nothing but the recordings. */
  replay(options?: CreateGatewayOptions): Promise<TestGateway>;
  /** The files by their names, with their texts. */
  files(): Promise<ReadonlyMap<string, string>>;
  /** What is recorded of a request, by the beginning of the file's name. */
  recording(name: string): Promise<{
    readonly request: { readonly headers?: unknown; readonly [name: string]: unknown };
    readonly responses: readonly { readonly status: number; readonly [name: string]: unknown }[];
  }>;
}

export async function recordingTest(project: Readonly<Record<string, string>>): Promise<RecordingTest> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-recordings-'));
  const files = async () => {
    const names = await filesBelow(folder);
    return new Map(
      await Promise.all(names.map(async name => [name, await readFile(join(folder, name), 'utf8')] as const)),
    );
  };
  return {
    folder,
    live: options => startGateway(project, { recordings: { use: 'record', folder, ...options } }),
    replay: options => startGateway(project, { ...options, recordings: { use: 'replay', folder } }),
    files,
    recording: async name => {
      const found = [...(await files())].find(([file]) => file.startsWith(name));
      if (found === undefined) throw new Error(`no ${name} in ${[...(await files()).keys()].join(', ')}`);
      return JSON.parse(found[1]);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A project with a proxy of everything to one service. */
export function proxyOf(...targets: readonly string[]): Readonly<Record<string, string>> {
  const list = targets.map(target => `'${target}'`).join(', ');
  return {
    'services.ts': `import { defineService } from 'portico';
      export const api = defineService('api', { targets: [${list}] });`,
    'routes/[...path].ts': `import { defineRoute } from 'portico'; import { api } from '#services';
      export default defineRoute({ proxy: api });`,
  };
}
