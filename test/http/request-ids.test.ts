import { expect, it } from 'vitest';
import { RequestIds } from '../../src/http/request-ids.ts';

it('gives each request an id of its own, beyond the digits that are made at once', () => {
  const ids = new RequestIds();
  const given = Array.from({ length: 50_000 }, () => ids.next());
  expect(new Set(given).size).toBe(50_000);
  for (const each of given) expect(each).toMatch(/^[\w][\w-]{11}-[0-9a-z]{2,4}$/);
});
