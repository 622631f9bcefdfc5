import request from 'supertest';
import { describe, expect, it } from 'vitest';
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

const services = (stock: TestBackend, reviews: TestBackend): string => `import { defineService } from 'portico';

export const stock = defineService('stock', {
  targets: ['${stock.url}', '${stock.url.replace('127.0.0.1', 'localhost')}'],
  retry: { attempts: 2 },
});
export const reviews = defineService('reviews', { targets: ['${reviews.url}'] });
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
  const started = await gateway({
    'services.ts': services(stock.made, reviews.made),
    'routes/page.get.ts': PAGE,
    'routes/item.get.ts': ITEM,
    'routes/stored.get.ts': STORED,
    'routes/stock.get.ts': STOCK,
    'routes/fragile.get.ts': FRAGILE,
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
