import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import { Upload, type UploadOptions } from 'tus-js-client';
import { afterEach, describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A server for resumable uploads at /files, which browsers see as /api/uploads. */
async function uploads(transport: string, respectForwardedHeaders: boolean, relativeLocation: boolean) {
  const directory = await mkdtemp(join(tmpdir(), 'portico-tus-'));
  folders.push(directory);
  const tus = new Server({
    path: '/files',
    datastore: new FileStore({ directory }),
    respectForwardedHeaders,
    relativeLocation,
  });
  const { url } = await backend((req, res) => void tus.handle(req, res));
  const service = `defineService('uploads', { targets: ['${url}'], transport: '${transport}' })`;
  const made = await gateway({
    'routes/api/uploads/[[...path]].ts': route(`{ proxy: ${service}('/files/[[...path]]') }`),
  });
  return { directory, endpoint: `${made.url}/api/uploads` };
}

function upload(bytes: Buffer, options: UploadOptions): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const begun = new Upload(bytes, { ...options, onSuccess: () => resolve(begun), onError: reject });
    begun.start();
  });
}

describe.each(TRANSPORTS)('tus on a mapped path, over %s', transport => {
  it.each([
    ['of the public origin', true, false],
    ['of its own origin', false, false],
    ['relative', false, true],
  ])('uploads in chunks, where the server builds addresses %s', async (_kind, respect, relative) => {
    const { directory, endpoint } = await uploads(transport, respect, relative);
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251));
    const done = await upload(bytes, {
      endpoint,
      chunkSize: 256 * 1024,
      retryDelays: null,
      metadata: { filename: 'Käse.bin' },
    });
    expect(new URL(done.url ?? '').pathname).toMatch(/^\/api\/uploads\/[0-9a-f]+$/);
    const id = (done.url ?? '').split('/').at(-1) ?? '';
    expect(bytes.equals(await readFile(join(directory, id)))).toBe(true);
  });

  it('resumes an interrupted upload', async () => {
    const { directory, endpoint } = await uploads(transport, true, false);
    const bytes = Buffer.alloc(900_000, 'x');
    const url = await new Promise<string>((resolve, reject) => {
      const first = new Upload(bytes, {
        endpoint,
        chunkSize: 300_000,
        retryDelays: null,
        onChunkComplete: () => void first.abort().then(() => resolve(first.url ?? '')),
        onError: reject,
      });
      first.start();
    });
    await upload(bytes, { endpoint, uploadUrl: url, retryDelays: null });
    expect(bytes.equals(await readFile(join(directory, url.split('/').at(-1) ?? '')))).toBe(true);
  });
});
