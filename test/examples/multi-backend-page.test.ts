import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningExample, startExample } from './example.ts';

describe('the example multi-backend-page', () => {
  let example: RunningExample;

  beforeAll(async () => {
    example = await startExample('multi-backend-page');
  });

  afterAll(() => example?.[Symbol.asyncDispose]());

  const get = (path: string) => fetch(example.url + path);

  it('makes one page of three backends', async () => {
    const response = await get('/');
    expect(response.url).toBe(`${example.url}/cities/lisbon`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await response.text();
    expect(page).toContain('<h1>Lisbon, Portugal</h1>');
    expect(page).toContain('<p>Weather: sunny, 24 °C</p>');
    expect(page).toContain('<li>Fish &amp; bread market</li>');
    expect([...example.calls()].sort()).toEqual([
      'events GET /events/lisbon',
      'places GET /places/lisbon',
      'weather GET /stations/LIS-1',
    ]);
  });

  it('calls only the events service for a second visit', async () => {
    const before = example.calls().length;
    expect(await (await get('/cities/lisbon')).text()).toContain('sunny, 24 °C');
    expect(example.calls().slice(before)).toEqual(['events GET /events/lisbon']);
  });

  it('responds while the weather fails and while the events take too long', async () => {
    const oslo = await (await get('/cities/oslo')).text();
    expect(oslo).toContain('<h1>Oslo, Norway</h1>');
    expect(oslo).toContain('<p>Weather: unknown</p>');
    const bergen = await (await get('/cities/bergen')).text();
    expect(bergen).toContain('<p>Weather: rain, 9 °C</p>');
    expect(bergen).toContain('<p>Events: not available at the moment</p>');
  });

  it('has no page for an unknown city', async () => {
    expect((await get('/cities/nowhere')).status).toBe(404);
  });

  it('ends with SIGTERM, including all its processes', async () => {
    await example.stop('SIGTERM');
    await expect(get('/')).rejects.toThrow('fetch failed');
  });
});
