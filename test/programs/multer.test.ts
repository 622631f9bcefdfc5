import express, { type ErrorRequestHandler } from 'express';
import multer from 'multer';
import { describe, expect, it } from 'vitest';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

/** An Express app that accepts files of at most a megabyte. */
async function forms(transport: (typeof TRANSPORTS)[number]) {
  const files = multer({ limits: { fileSize: 1024 * 1024 } });
  const tooLarge: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(413).json({ code: error.code });
  };
  const app = express()
    .post('/upload', files.array('files'), (req, res) => {
      const list = Array.isArray(req.files) ? req.files : [];
      res.json({ fields: req.body, files: list.map(({ originalname, size }) => [originalname, size]) });
    })
    .use(tooLarge);
  const { url } = await backend(app);
  return gateway(everythingTo(url, transport));
}

function form(sizes: readonly number[]): FormData {
  const data = new FormData();
  data.set('total', '4001');
  data.set('note', 'Käse & co; a=b');
  for (const [i, size] of sizes.entries()) data.append('files', new Blob([Buffer.alloc(size, i)]), `file ${i}.bin`);
  return data;
}

describe.each(TRANSPORTS)('multer behind the gateway, over %s', transport => {
  it('receives every field and every byte of its files', async () => {
    const { url } = await forms(transport);
    const response = await fetch(`${url}/upload`, { method: 'POST', body: form([10, 1_000_000, 0]) });
    expect(await response.json()).toEqual({
      fields: { total: '4001', note: 'Käse & co; a=b' },
      files: [
        ['file 0.bin', 10],
        ['file 1.bin', 1_000_000],
        ['file 2.bin', 0],
      ],
    });
  });

  it('delivers its rejection in the middle of the upload', async () => {
    const { url } = await forms(transport);
    for (let i = 0; i < 5; i++) {
      const response = await fetch(`${url}/upload`, { method: 'POST', body: form([6_000_000]) });
      expect([response.status, await response.json()]).toEqual([413, { code: 'LIMIT_FILE_SIZE' }]);
    }
  });
});
