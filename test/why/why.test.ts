import { setTimeout as wait } from 'node:timers/promises';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { SiblingClaim } from '../../src/core/ports/sibling-fetches.ts';
import type { RequestFinding, RequestQuery, RequestView } from '../../src/core/request-view.ts';
import type { TestBackend } from '../support/backend.ts';
import type { TestGateway } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

/** What the test wants of the next responses. */
interface Wishes {
  delayMs: number;
  statuses: number[];
}

async function wishing(): Promise<{ readonly made: TestBackend; readonly wishes: Wishes }> {
  const wishes: Wishes = { delayMs: 0, statuses: [] };
  const made = await backend((_req, res) => {
    const status = wishes.statuses.shift() ?? 200;
    const respond = () =>
      res.writeHead(status, { 'Content-Type': 'application/json', Vary: 'Accept-Language' }).end('7');
    if (wishes.delayMs === 0) respond();
    else setTimeout(respond, wishes.delayMs);
  });
  return { made, wishes };
}

const services = (
  stock: TestBackend,
  reviews: TestBackend,
  events: TestBackend,
): string => `import { defineService } from 'portico';

export const stock = defineService('stock', {
  targets: ['${stock.url}', '${stock.url.replace('127.0.0.1', 'localhost')}'],
  retry: { attempts: 2 },
});
export const reviews = defineService('reviews', { targets: ['${reviews.url}'] });
export const events = defineService('events', { targets: ['${events.url}'] });
`;

const PAGE = `import { defineRoute, type } from 'portico';
import { reviews, stock } from '#services';

export default defineRoute('/page', {
  aggregate: {
    stock: { from: stock\`/stock\`, response: type<number>() },
    reviews: {
      from: reviews\`/reviews\`,
      response: type<number>(),
      timeout: '5s',
    },
  },
  reply: parts => parts,
});
`;

const ITEM = `import { defineRoute } from 'portico';
import { reviews } from '#services';

export default defineRoute('/item', {
  proxy: reviews,
  cache: {
    ttl: '1m',
    vary: ['accept-language'],
  },
});
`;

const STORED = ITEM.replace("    vary: ['accept-language'],\n", '').replace('/item', '/stored');

const STOCK = `import { defineRoute } from 'portico';
import { stock } from '#services';

export default defineRoute('/stock', { proxy: stock });
`;

const FRAGILE = `import { defineRoute } from 'portico';
import { reviews } from '#services';

export default defineRoute('/fragile', {
  proxy: reviews,
  breaker: { minRequests: 5, errorRate: '50%' },
});
`;

async function shop() {
  const [stock, reviews] = [await wishing(), await wishing()];
  const events = await backend((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n');
  });
  const started = await gateway({
    'services.ts': services(stock.made, reviews.made, events),
    'routes/page.get.ts': PAGE,
    'routes/item.get.ts': ITEM,
    'routes/stored.get.ts': STORED,
    'routes/stock.get.ts': STOCK,
    'routes/fragile.get.ts': FRAGILE,
    'portico.config.ts': `import { defineGateway } from 'portico';
      export default defineGateway({ health: '/healthz' });\n`,
    'routes/brief.get.ts': `import { defineRoute } from 'portico';
import { reviews } from '#services';

export default defineRoute('/brief', { proxy: reviews, retry: false, cache: {
  ttl: '10ms',
  staleIfError: '1h',
} });\n`,
    'routes/swr.get.ts': `import { defineRoute } from 'portico';
      import { reviews } from '#services';
      export default defineRoute('/swr', { proxy: reviews, cache: { ttl: '10ms', swr: '1h' } });\n`,
    'routes/events.get.ts': `import { defineRoute } from 'portico';
      import { events } from '#services';
      export default defineRoute('/events', { proxy: events });\n`,
    'routes/own.get.ts': `import { defineRoute } from 'portico';
      export default defineRoute('/own', { handler: () => { const end = performance.now() + 90; while (performance.now() < end); return 1; } });\n`,
  });
  return { started, stock, reviews };
}

/** The latest request, with the places of its options. */
function latest({ gateway: made }: TestGateway, query: RequestQuery = {}): RequestView {
  const [{ requestId } = { requestId: '' }] = made.requests(query);
  const [view] = made.requests({ id: requestId });
  if (view === undefined) throw new Error('no request is kept');
  return view;
}

const placed = ({ kind, part, option }: RequestFinding) => ({
  kind,
  part,
  at: option && `${option.name} ${option.file}:${option.line}`,
});

describe('why', () => {
  it('names first the slow part, with its attempt and the line of its timeout', async () => {
    const { started, reviews } = await shop();
    for (let i = 0; i < 25; i++) await request(started.url).get('/page').expect(200);
    reviews.wishes.delayMs = 400;
    await request(started.url).get('/page').expect(200);
    const view = latest(started, { slow: true });
    const [first] = view.findings;
    expect(first && placed(first)).toEqual({ kind: 'slow', part: 'reviews', at: 'timeout routes/page.get.ts:10' });
    expect(first?.text).toContain(reviews.made.url);
    const part = view.parts.find(({ name }) => name === 'reviews');
    expect(part?.usualMs).toBeLessThan(part?.durationMs ?? 0);
    expect(view.waitingMs).toBeGreaterThan(view.durationMs / 2);
  });

  it('names a retry, with what the first target gave and the line of the option', async () => {
    const { started, stock } = await shop();
    stock.wishes.statuses = [503];
    await request(started.url).get('/stock').expect(200);
    const view = latest(started);
    const [first] = view.findings;
    expect(first && placed(first)).toEqual({ kind: 'retry', part: undefined, at: 'retry services.ts:5' });
    expect(first?.text).toContain('503');
    expect(view.site.attempts.map(({ status, retryOf }) => [status, retryOf])).toEqual([
      [503, undefined],
      [200, '503'],
    ]);
  });

  it.each([
    ['of the backend', 'stored.get.ts:6', 'request headers that it varies by'],
    ['of the route', 'item.get.ts:8', 'accept-language'],
  ])('names the request headers that a stored response varies by: those %s', async (_, place, words) => {
    const { started } = await shop();
    const { url } = started;
    const [name = ''] = place.split('.');
    await request(url).get(`/${name}`).set('Accept-Language', 'de').expect(200);
    await request(url).get(`/${name}`).set('Accept-Language', 'en').expect(200);
    const [first] = latest(started, { miss: true }).findings;
    expect(first && placed(first)).toEqual({ kind: 'miss', part: undefined, at: `cache.vary routes/${place}` });
    expect(first?.text).toContain(words);
    await request(url).get(`/${name}`).set('Accept-Language', 'de').expect(200);
    expect(latest(started).findings).toEqual([]);
    expect(started.gateway.requests({ miss: true })).toHaveLength(2);
  });

  it('names an open circuit, and that no backend was called', async () => {
    const { started, reviews } = await shop();
    reviews.wishes.statuses = Array(20).fill(500);
    for (let i = 0; i < 8; i++) await request(started.url).get('/fragile');
    const view = latest(started, { failed: true });
    const [first] = view.findings;
    expect(first && placed(first)).toEqual({ kind: 'circuit', part: undefined, at: 'breaker routes/fragile.get.ts:6' });
    expect(view.site.attempts).toEqual([]);
    expect(view.failure?.code).toBe('breaker.open');
  });

  it('names a half-open circuit, and one that an operator forced open', async () => {
    const { started, reviews } = await shop();
    const { url, gateway: made } = started;
    made.holdBreaker('GET /fragile');
    await request(url).get('/fragile').expect(503);
    expect(latest(started).findings[0]?.text).toContain('an operator forced the circuit open');
    made.closeBreaker('GET /fragile');
    reviews.wishes.statuses = Array(5).fill(500);
    for (let i = 0; i < 8; i++) await request(url).get('/fragile');
    reviews.wishes.delayMs = 400;
    // One request probes, and the others are refused meanwhile.
    const statuses = async () => {
      const views = await Promise.all(Array.from({ length: 3 }, () => request(url).get('/fragile')));
      return views.map(({ status }) => status).sort();
    };
    await expect.poll(statuses, { timeout: 15_000, interval: 500 }).toEqual([200, 503, 503]);
    const refused = made.requests({ failed: true })[0];
    expect(refused?.findings[0]).toMatchObject({ kind: 'circuit', text: expect.stringContaining('half-open') });
  });

  it('names each target that a retry left, with what it gave', async () => {
    const { started, stock } = await shop();
    stock.wishes.statuses = [503];
    await request(started.url).get('/stock').expect(200);
    const [first, second] = latest(started).site.attempts;
    expect(latest(started).findings[0]?.text).toContain(`since ${first?.target} gave 503`);
    expect(second?.target).not.toBe(first?.target);
  });

  it('names what a stale response stands in for', async () => {
    const { started, reviews } = await shop();
    await request(started.url).get('/brief').expect(200);
    reviews.wishes.statuses = [500];
    await wait(20);
    await request(started.url).get('/brief').expect(200);
    const [first] = latest(started).findings;
    expect(first && placed(first)).toEqual({
      kind: 'fallback',
      part: undefined,
      at: 'cache.staleIfError routes/brief.get.ts:6',
    });
    expect(first?.text).toContain('500');
  });

  it('has no event stream among the slow and the failed ones, which its client ended', async () => {
    const { started } = await shop();
    const leaving = new AbortController();
    const response = await fetch(`${started.url}/events`, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => started.gateway.requests().length).toBe(1);
    expect(started.gateway.requests({ slow: true })).toEqual([]);
    expect(started.gateway.requests({ failed: true })).toEqual([]);
    expect(started.gateway.requests()[0]?.findings.map(({ kind }) => kind)).not.toContain('slow');
  });

  it('has no health check among the latest requests', async () => {
    const { started } = await shop();
    await request(started.url).get('/healthz').expect(200);
    expect(started.gateway.requests()).toEqual([]);
    const snapshot = await started.gateway.metrics();
    const routes = snapshot
      .find(({ name }) => name === 'http_server_request_duration_seconds')
      ?.values.map(({ labels }) => labels.http_route);
    expect(new Set(routes)).toEqual(new Set(['health']));
  });

  it('counts no background fetch for a stale response', async () => {
    const { started, reviews } = await shop();
    await request(started.url).get('/brief').expect(200);
    await wait(20);
    reviews.wishes.delayMs = 50;
    await request(started.url).get('/swr').expect(200);
    await wait(20);
    await request(started.url).get('/swr').expect(200);
    expect(latest(started).site.attempts).toEqual([]);
  });

  it('names the code that took the time', async () => {
    const { started } = await shop();
    await request(started.url).get('/own').expect(200);
    const [first, second] = latest(started).findings;
    expect([first?.kind, second]).toEqual(['own-time', undefined]);
  });

  it('names the failure of a backend, with the attempt', async () => {
    const { started, reviews } = await shop();
    await reviews.made[Symbol.asyncDispose]();
    await request(started.url).get('/fragile').expect(502);
    const [first] = latest(started).findings;
    expect(first?.kind).toBe('failure');
    expect(first?.text).toContain(`upstream.unreachable`);
    expect(first?.text).toContain(reviews.made.url);
  });

  it('knows the latest 512 requests, by request id and by trace id', async () => {
    const { started } = await shop();
    const { url, gateway: made } = started;
    const first = await request(url).get('/stock').expect(200);
    const { requestId, traceId } = latest(started);
    expect(made.requests({ id: traceId ?? '' }).map(view => view.requestId)).toEqual([requestId]);
    expect(first.status).toBe(200);
    for (let i = 0; i < 512; i++) await request(url).get('/none');
    expect(made.requests({ id: requestId })).toEqual([]);
    expect(made.requests()).toHaveLength(100);
  });
});

it('the wait for the fetch of another worker is no time of the gateway’s own', async () => {
  const stock = await wishing();
  const claim = async (): Promise<SiblingClaim> => {
    await wait(200);
    return { kind: 'alone' };
  };
  const { url, gateway: made } = await gateway(
    {
      'routes/item.get.ts': `import { defineRoute } from 'portico';
        export default defineRoute('/item', { proxy: '${stock.made.url}', cache: { ttl: '1m' } });\n`,
    },
    { siblingFetches: { claim } },
  );
  await request(url).get('/item').expect(200);
  const [view] = made.requests();
  expect(view?.waitingMs).toBeGreaterThan((view?.durationMs ?? 0) / 2);
  expect(view?.findings.map(({ kind }) => kind)).not.toContain('own-time');
});
