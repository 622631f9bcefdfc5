import { describe, expect, it } from 'vitest';
import { type OperatedGateway, startOperated } from '../support/operated-gateway.ts';

async function readFrom({ portico: { adminUrl } }: OperatedGateway, path: string) {
  return Object(await (await fetch(adminUrl + path)).json());
}

const requestsIn = (stats: { readonly routes: readonly { readonly requests: number }[] }): number =>
  stats.routes.reduce((sum, { requests }) => sum + requests, 0);

/** Of `traffic`. */
const REQUESTS = 11;

describe('what operators read of workers', { timeout: 60_000 }, () => {
  it('counts the requests of all workers, also of those that a reload has replaced, and of a killed one', async () => {
    await using operated = await startOperated();
    const counted = async () => requestsIn(await readFrom(operated, '/stats'));
    await expect.poll(counted).toBe(REQUESTS);
    const { adminUrl } = operated.portico;
    const headers = { 'Content-Type': 'application/json' };
    const { pids } = await readFrom(operated, '/readyz?verbose');
    expect((await fetch(`${adminUrl}/reload`, { method: 'POST', headers, body: '{}' })).status).toBe(200);
    await operated.traffic();
    const views = async () => (await readFrom(operated, '/services')).workers.map(({ pid }: { pid: number }) => pid);
    expect((await views()).filter((pid: number) => pids.includes(pid))).toEqual([]);
    await expect.poll(counted).toBe(2 * REQUESTS);
    // The replaced workers are gone, and their counts stay.
    await expect.poll(() => pids.filter(isRunning), { timeout: 20_000 }).toEqual([]);
    await expect.poll(counted).toBe(2 * REQUESTS);
    const [victim] = await views();
    process.kill(victim, 'SIGKILL');
    await expect.poll(views).not.toContain(victim);
    await expect.poll(async () => (await views()).length).toBe(2);
    await expect.poll(counted).toBe(2 * REQUESTS);
  });

  it('has the memory of each, and their services', async () => {
    await using operated = await startOperated();
    const { workers } = await readFrom(operated, '/cache');
    expect(workers).toHaveLength(2);
    expect(new Set(workers.map(({ pid }: { pid: number }) => pid)).size).toBe(2);
    const tags = workers.flatMap(({ stored }: { stored: { tags: { tag: string }[] } }) => stored.tags);
    expect(tags).toContainEqual(expect.objectContaining({ tag: 'item:1', responses: 1 }));
    const { workers: views } = await readFrom(operated, '/services');
    const origin = operated.backend.url;
    for (const { services } of views)
      expect(services).toContainEqual(
        expect.objectContaining({
          service: 'catalog',
          inFlight: 0,
          targets: [expect.objectContaining({ origin, state: 'healthy', group: 'stable' })],
        }),
      );
  });

  it('is the same of one process', async () => {
    await using operated = await startOperated([]);
    await expect.poll(async () => requestsIn(await readFrom(operated, '/stats'))).toBe(REQUESTS);
    const [{ stored }, ...others] = (await readFrom(operated, '/cache')).workers;
    expect([others, stored.tags[0]]).toEqual([[], expect.objectContaining({ tag: 'items', responses: 2 })]);
    expect((await readFrom(operated, '/stats')).cache).toContainEqual(
      expect.objectContaining({ route: '/items/{id}', part: '', hit: 1, miss: 2 }),
    );
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
