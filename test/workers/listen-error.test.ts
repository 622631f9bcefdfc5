import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ListenOptions } from '../../src/gateway.ts';
import { openGateway } from '../../src/workers/open-gateway.ts';
import { route } from '../support/gateway.ts';
import { createProject, type TestProject } from '../support/project.ts';

const CONDA = 'x86_64-conda-linux-gnu';

describe('a gateway that cannot listen', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = await createProject({
      'routes/a.get.ts': route("'/a', { handler: () => 'a' }"),
      'notes.txt': 'no socket',
    });
    await mkdir(join(project.dir, 'folder'));
  });

  afterAll(() => project[Symbol.asyncDispose]());

  const refusal = (listen: ListenOptions): Promise<string> =>
    openGateway({ dir: project.dir, mode: 'production', listen }).then(
      async ({ gateway }) => {
        await gateway.close({ graceMs: 0 });
        return 'it listens';
      },
      (error: Error) => `${error.name}: ${error.message}`,
    );

  it.each([
    [
      'none/a.sock',
      'there is no folder DIR/none for the socket DIR/none/a.sock; create it, or choose another with --listen',
    ],
    ['notes.txt', 'DIR/notes.txt is a file and no socket; remove it, or choose another with --listen'],
    ['folder', 'DIR/folder is a folder and no socket; remove it, or choose another with --listen'],
    [
      'notes.txt/a.sock',
      'DIR/notes.txt is no folder, so DIR/notes.txt/a.sock cannot be in it; choose another with --listen',
    ],
  ])('at %s says what is there', async (name, message) => {
    expect(await refusal({ path: join(project.dir, name) })).toBe(
      `ListenError: ${message.replaceAll('DIR', project.dir)}`,
    );
  });

  it('at a path that is too long says how long it may be', async () => {
    const path = join(project.dir, 'é'.repeat(60));
    const max = process.platform === 'linux' ? 107 : 103;
    expect(await refusal({ path })).toBe(
      `ListenError: the path of a Unix socket has at most ${max} bytes; ${path} has ${Buffer.byteLength(path)}; choose a shorter one with --listen`,
    );
  });

  it('at the target of a compiler says who sets it', async () => {
    expect(await refusal({ host: CONDA, port: 0 })).toBe(
      `ListenError: ${CONDA} is the target of a compiler, which conda sets as HOST, and no address; unset HOST, or choose one with --host`,
    );
  });
});
