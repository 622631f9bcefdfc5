import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningExample, startExample } from './example.ts';

describe('the example existing-express-app', () => {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('existing-express-app');
  });

  afterAll(() => example?.[Symbol.asyncDispose]());

  const get = (path: string, user?: string) =>
    fetch(example.url + path, { headers: user === undefined ? {} : { cookie: `user=${user}` } });

  it('keeps the routes of the app', async () => {
    expect(await (await get('/')).text()).toContain('<h1>Orders</h1>');
    expect(await (await get('/own', 'ann')).json()).toEqual({ user: 'ann' });
    const signedIn = await fetch(`${example.url}/sign-in/ann`, { redirect: 'manual' });
    expect(signedIn.headers.get('set-cookie')).toContain('user=ann');
    expect(signedIn.headers.get('location')).toBe('/api/orders');
  });

  it('knows the signed-in user of the app', async () => {
    expect((await get('/api/orders')).status).toBe(401);
    expect(example.calls()).toEqual([]);
  });

  it('calls the backend once for each user', async () => {
    for (const _time of [1, 2]) {
      expect(await (await get('/api/orders', 'ann')).json()).toEqual([{ id: 1, item: 'teapot' }]);
      expect(await (await get('/api/orders', 'bob')).json()).toEqual([{ id: 2, item: 'lamp' }]);
    }
    expect(example.calls()).toEqual(['orders GET /orders/ann', 'orders GET /orders/bob']);
  });

  it('ends with SIGTERM, including all its processes', async () => {
    await example.stop('SIGTERM');
    await expect(get('/')).rejects.toThrow('fetch failed');
  });
});
