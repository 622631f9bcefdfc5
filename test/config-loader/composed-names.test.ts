import { expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';
import { codesOf } from './fixture.ts';

const { gateway } = testResources();

const NFC = 'caf\u00e9';
const NFD = 'cafe\u0301';
const answer = (path: string) => route(`'${path}', { handler: () => 'here' }`);

it('a file name in NFD, as tools of macOS write it, has its address in NFC', async () => {
  const { url } = await gateway({
    [`routes/${NFD}/index.get.ts`]: answer(`/${NFD}`),
    'routes/men\u0303u.get.ts': answer('/me\u00f1u'),
  });
  for (const path of [NFC, 'me\u00f1u']) {
    const response = await fetch(`${url}/${encodeURIComponent(path)}`);
    expect([path, response.status]).toEqual([path, 200]);
  }
});

it('two files whose names differ in that only have one address', async () => {
  const handler = route("{ handler: () => 'a' }");
  expect(await codesOf({ [`routes/${NFC}.get.ts`]: handler, [`routes/${NFD}.get.ts`]: handler })).toEqual(['P102']);
});
