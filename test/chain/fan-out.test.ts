import fc from 'fast-check';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit, dealt } from '../../src/handlers/fan-out.ts';
import { codesOf } from '../config-loader/fixture.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

/** Sends a response of text for a URL, and remembers the URLs. */
async function shop(respond: (url: URL, body: string) => string | readonly [status: number, text: string | Buffer]) {
  const asked: string[] = [];
  const { url } = await backend(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    asked.push(`${req.url}${body}`);
    const answer = respond(new URL(req.url ?? '', 'http://shop'), body);
    const [status, text] = typeof answer === 'string' ? [200, answer] : answer;
    res.writeHead(status, { 'Content-Type': 'application/json', ETag: '"all"' }).end(text);
  });
  return { url, asked };
}

const page = (url: string, parts: string, more = 'reply: ({ stock }) => [...stock]') => `
  import { defineRoute, defineService, type } from 'portico';
  const s = defineService('s', { targets: ['${url}'], retry: false });
  export default defineRoute({
    aggregate: {
      list: { from: c => s\`/list?ids=\${c.query.get('ids') ?? ''}\`, response: type<(string | number)[]>() },
      ${parts}
    },
    ${more}
  });`;

const stock = (options = '', batch = '') => `stock: {
  dependsOn: ['list'], each: ({ list }) => list, response: type<{ id: string | number; qty: number }>(),
  batch: { from: (c, ids) => s\`/stock?of=\${ids.join(',')}\`, by: item => item.id, max: 50, ${batch} }, ${options} },`;

const item = (id: string) => `{"id":${JSON.stringify(id)},"qty":${id.length}}`;
const listed = (url: URL) => JSON.stringify((url.searchParams.get('ids') ?? '').split(',').filter(id => id !== ''));
const stocked = (url: URL) => `[${(url.searchParams.get('of') ?? '').split(',').map(item).join(',')}]`;

/** Responds with a list of the ids in the query, and with the stock of ids. */
const both = (of: (url: URL) => string | readonly [number, string | Buffer] = stocked) =>
  shop(url => (url.pathname === '/list' ? listed(url) : of(url)));

const seventy = Array.from({ length: 50 }, (_, i) => `i${i % 7}`);

describe('a batched part', () => {
  it('may have a fallback that is a Response, for each of its ids', async () => {
    const { url } = await both(() => [500, 'down']);
    const fallback = 'fallback: () => Response.json({ id: "", qty: 0 }),';
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(fallback)) });
    const { body } = await request(door).get('/page?ids=a,b,c').expect(200);
    expect(body.map(([id, item]: [string, { qty: number }]) => [id, item.qty])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
  });

  it('cannot be stored without parameters that its calls send', async () => {
    const options = "cache: { ttl: '1m', query: { ignore: ['of'] } },";
    expect(await codesOf({ 'routes/page.get.ts': page('http://127.0.0.1:1', stock(options)) })).toEqual(['P149']);
  });

  it('is called once for 50 items with 7 ids', async () => {
    const { url, asked } = await both();
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock()) });
    const { body } = await request(door).get(`/page?ids=${seventy}`).expect(200);
    expect(asked.slice(1)).toEqual(['/stock?of=i0%2Ci1%2Ci2%2Ci3%2Ci4%2Ci5%2Ci6']);
    expect(body.map(([id]: [string]) => id)).toEqual(['i0', 'i1', 'i2', 'i3', 'i4', 'i5', 'i6']);
  });

  it('asks only for the 4 of 7 ids that are not stored, and then for none', async () => {
    const { url, asked } = await both();
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock("cache: { ttl: '1m' },")) });
    await request(door).get('/page?ids=i1,i3,i5').expect(200);
    const { body } = await request(door).get(`/page?ids=${seventy}`).expect(200);
    expect(asked.filter(path => path.startsWith('/stock'))).toEqual([
      '/stock?of=i1%2Ci3%2Ci5',
      '/stock?of=i0%2Ci2%2Ci4%2Ci6',
    ]);
    expect(body).toEqual(Array.from({ length: 7 }, (_, i) => [`i${i}`, { id: `i${i}`, qty: 2 }]));
    await request(door).get(`/page?ids=${seventy}`).expect(200);
    expect(asked.filter(path => path.startsWith('/stock'))).toHaveLength(2);
  });

  it.each(['', "cache: { ttl: '1m' },"])('is called 3 times for 120 ids at 50 (%s)', async options => {
    const { url, asked } = await both();
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(options)) });
    const ids = Array.from({ length: 120 }, (_, i) => `n${i}`);
    const { body } = await request(door).get(`/page?ids=${ids}`).expect(200);
    const sizes = asked.slice(1).map(path => path.split('%2C').length);
    expect(sizes.toSorted((a, b) => b - a)).toEqual([50, 50, 20]);
    expect(body.map(([id]: [string]) => id)).toEqual(ids);
  });

  it.each(['', "cache: { ttl: '1m' },"])('deals a shuffled, short and doubled response by id (%s)', async options => {
    const { url } = await both(
      () => `[${[item('ccc'), '{"id":"b","qty":7}', '{"id":"b","qty":8}', item('x'), item('a')]}]`,
    );
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(options)) });
    for (let round = 0; round < 2; round++) {
      expect((await request(door).get('/page?ids=a,b,missing,ccc').expect(200)).body).toEqual([
        ['a', { id: 'a', qty: 1 }],
        ['b', { id: 'b', qty: 7 }],
        ['ccc', { id: 'ccc', qty: 3 }],
      ]);
    }
  });

  it('remembers that an item is missing', async () => {
    const { url, asked } = await both(() => '[]');
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock("cache: { ttl: '1m' },")) });
    for (let round = 0; round < 2; round++)
      expect((await request(door).get('/page?ids=a').expect(200)).body).toEqual([]);
    expect(asked.filter(path => path.startsWith('/stock'))).toHaveLength(1);
  });

  it('is not called without ids', async () => {
    const { url, asked } = await both();
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock()) });
    expect((await request(door).get('/page').expect(200)).body).toEqual([]);
    expect(asked).toEqual(['/list?ids=']);
  });

  it('reads the items in a member of the response, and by POST', async () => {
    const { url, asked } = await shop((at, body) =>
      at.pathname === '/list' ? listed(at) : `{"total":9,"found":[${JSON.parse(body).ids.map(item)}]}`,
    );
    const { url: door } = await gateway({
      'routes/page.get.ts': page(
        url,
        `stock: {
          dependsOn: ['list'], each: ({ list }) => list, method: 'POST', json: (c, ids) => ({ ids }),
          batch: { from: () => s\`/search\`, by: item => item.id, items: 'found', max: 2 },
          response: type<{ id: string; qty: number }>(), cache: { ttl: '1m' },
        },`,
      ),
    });
    const read = async () => (await request(door).get('/page?ids=a,bb,ccc').expect(200)).body;
    expect(await read()).toEqual(await read());
    expect(asked.filter(path => path.startsWith('/search'))).toEqual([
      '/search{"ids":["a","bb"]}',
      '/search{"ids":["ccc"]}',
    ]);
    expect((await read()).map(([id]: [string]) => id)).toEqual(['a', 'bb', 'ccc']);
  });

  it('stores an item by what else its call depends on', async () => {
    const { url } = await both(at => `[{"id":"a","qty":${at.searchParams.get('land') === 'de' ? 49 : 33}}]`);
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are in the text of a route file.
    const source = page(url, stock("cache: { ttl: '1m' },")).replace(
      's`/stock?of=${ids',
      "s`/stock/${c.query.get('land') ?? ''}?land=${c.query.get('land') ?? ''}&of=${ids",
    );
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are in the text of a route file.
    const { url: door } = await gateway({ 'routes/page.get.ts': source });
    const qty = async (land: string) =>
      (await request(door).get(`/page?ids=a&land=${land}`).expect(200)).body[0][1].qty;
    expect([await qty('de'), await qty('fr'), await qty('de')]).toEqual([49, 33, 49]);
  });

  it('shares a fetch of an item among simultaneous requests', async () => {
    const gate = Promise.withResolvers<void>();
    const asked: string[] = [];
    const slow = await backend(async (req, res) => {
      const at = new URL(req.url ?? '', 'http://shop');
      asked.push(req.url ?? '');
      if (at.pathname !== '/list') await gate.promise;
      res
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(at.pathname === '/list' ? listed(at) : stocked(at));
    });
    const { url: door } = await gateway({ 'routes/page.get.ts': page(slow.url, stock("cache: { ttl: '1m' },")) });
    const one = request(door)
      .get('/page?ids=a,b')
      .then(({ body }) => body);
    await expect.poll(() => asked).toContain('/stock?of=a%2Cb');
    const two = request(door)
      .get('/page?ids=b,c')
      .then(({ body }) => body);
    await expect.poll(() => asked).toContain('/stock?of=c');
    gate.resolve();
    expect((await one).map(([id]: [string]) => id)).toEqual(['a', 'b']);
    expect((await two).map(([id]: [string]) => id)).toEqual(['b', 'c']);
    expect(asked.filter(path => path.startsWith('/stock'))).toHaveLength(2);
  });

  it.each(['9223372036854775807', '-9223372036854775808', '12345678901234567890'])(
    'keeps each digit of %s',
    async id => {
      const { url, asked } = await shop(at => (at.pathname === '/list' ? `[${id},7]` : `[{"id":${id},"qty":1}]`));
      for (const options of ['', "cache: { ttl: '1m' },"]) {
        const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(options)) });
        for (let round = 0; round < 2; round++) {
          const { text } = await request(door).get('/page').expect(200);
          expect(text).toBe(`[[${id},{"id":${id},"qty":1}]]`);
        }
      }
      expect(asked[1]).toBe(`/stock?of=${id}%2C7`);
    },
  );
});

describe('a part that is called for each id', () => {
  const single = (options = '') => `stock: {
    dependsOn: ['list'], each: ({ list }) => list, from: (c, id, { list }) => s\`/stock/\${id}?n=\${list.length}\`,
    concurrency: 3, response: type<{ id: string; qty: number }>(), ${options} },`;

  it('makes at most as many calls at once as it says, and one for each id', async () => {
    let running = 0;
    let most = 0;
    const three = Promise.withResolvers<void>();
    const paths: string[] = [];
    const { url } = await backend(async (req, res) => {
      const at = new URL(req.url ?? '', 'http://shop');
      const isList = at.pathname === '/list';
      if (!isList) {
        most = Math.max(most, ++running);
        paths.push(at.pathname);
        if (running === 3) three.resolve();
        await three.promise;
        running--;
      }
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(isList ? listed(at) : item(at.pathname.slice('/stock/'.length)));
    });
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, single()) });
    const { body } = await request(door).get('/page?ids=a,bb,a,ccc,dddd,bb,e').expect(200);
    expect(body.map(([id, { qty }]: [string, { qty: number }]) => [id, qty])).toEqual([
      ['a', 1],
      ['bb', 2],
      ['ccc', 3],
      ['dddd', 4],
      ['e', 1],
    ]);
    expect(paths.toSorted()).toEqual(['/stock/a', '/stock/bb', '/stock/ccc', '/stock/dddd', '/stock/e']);
    expect(most).toBe(3);
  });

  it('lacks an id that the backend does not know, which is no failure', async () => {
    const { url } = await both(at => (at.pathname.endsWith('gone') ? [404, '{}'] : item(at.pathname.slice(7))));
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, single()) });
    const { body, headers } = await request(door).get('/page?ids=a,gone,c').expect(200);
    expect(body.map(([id]: [string]) => id)).toEqual(['a', 'c']);
    expect(headers).not.toHaveProperty('portico-parts');
  });

  it('stores each response', async () => {
    const { url, asked } = await both(at => item(at.pathname.slice(7)));
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, single("cache: { ttl: '1m' },")) });
    await request(door).get('/page?ids=a,b,c').expect(200);
    await request(door).get('/page?ids=b,c,d').expect(200);
    expect(asked.filter(path => path.startsWith('/stock'))).toHaveLength(4);
  });
});

describe('a fan-out whose backend fails', () => {
  const failing = () => both(at => (String(at.searchParams.get('of')).includes('bad') ? [500, '{}'] : stocked(at)));

  it.each(['', "cache: { ttl: '1m' },"])('fails a required part, without a word of the backend (%s)', async options => {
    const { url } = await failing();
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(options, 'max: 1')) });
    const { body } = await request(door).get('/page?ids=a,bad,c').expect(502);
    expect(body).toMatchObject({ code: 'upstream.status', detail: 'stock responded 500' });
  });

  it.each(['', "cache: { ttl: '1m' },"])('lacks these items of an optional part (%s)', async options => {
    const { url } = await failing();
    const { url: door } = await gateway({
      'routes/page.get.ts': page(url, stock(`optional: true, ${options}`, 'max: 1')),
    });
    const { body, headers } = await request(door).get('/page?ids=a,bad,worse-bad,c').expect(200);
    expect(body.map(([id]: [string]) => id)).toEqual(['a', 'c']);
    expect(headers['portico-parts']).toBe('stock;absent=status');
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['', "cache: { ttl: '1m' },"])('has a fallback for each of these items (%s)', async options => {
    const { url } = await failing();
    const fallback = 'fallback: { id: "?", qty: 0 },';
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock(`${fallback} ${options}`, 'max: 1')) });
    const { body, headers } = await request(door).get('/page?ids=a,bad,c').expect(200);
    expect(body).toEqual([
      ['a', { id: 'a', qty: 1 }],
      ['bad', { id: '?', qty: 0 }],
      ['c', { id: 'c', qty: 1 }],
    ]);
    expect(headers['portico-parts']).toBe('stock;fallback');
  });

  it.each([404, 400, 422])('is 502 for a %i of a batch, which the gateway put together', async status => {
    const { url } = await both(() => [status, '{}']);
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock()) });
    await request(door).get('/page?ids=a').expect(502);
  });
});

describe('bad input of a part', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const parts = {
    batch: stock(),
    stored: stock("cache: { ttl: '1m' },"),
    typed: stock("response: { type: 'object', required: ['id', 'qty'], properties: { qty: { type: 'number' } } },"),
  };

  it.each(
    Object.entries(parts).flatMap(([kind, part]) =>
      (
        [
          ['HTML', '<html>secret</html>'],
          ['invalid UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])],
          ['nothing', ''],
          ['an object in place of a list', '{"secret":1}'],
          ['items without an id', '[{"secret":1}]'],
          ['items that are null', '[null]'],
          ['an id of another type', '[{"id":{"secret":1},"qty":1}]'],
          ['more than may be stored', Buffer.alloc(9_000_000, ' ')],
          ['a depth of 100,000', deep],
        ] as const
      ).map(([what, sent]) => [kind, what, part, sent] as const),
    ),
  )('is a clear failure (%s): %s', async (_kind, _what, part, sent) => {
    const { url } = await both(() => [200, sent]);
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, part) });
    const { body } = await request(door).get('/page?ids=a').expect(502);
    expect(body.code).toMatch(/^upstream\.(invalid|too_large)$/);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('takes `__proto__` for a name like any other', async () => {
    const { url } = await both(() => '[{"id":"__proto__","qty":1,"__proto__":{"admin":true}}]');
    for (const part of [parts.batch, parts.stored]) {
      const { url: door } = await gateway({ 'routes/page.get.ts': page(url, part) });
      const { text } = await request(door).get('/page?ids=__proto__').expect(200);
      expect(text).toBe('[["__proto__",{"id":"__proto__","qty":1,"__proto__":{"admin":true}}]]');
    }
    expect({}).not.toHaveProperty('admin');
  });

  it.each([
    ['no list', '7'],
    ['null', '[null]'],
    ['objects', '[{"secret":1}]'],
  ])('is a failure of `each` that names route and part in the log only: %s', async (_, list) => {
    const { url } = await shop(() => list);
    const { url: door } = await gateway({ 'routes/page.get.ts': page(url, stock()) });
    const { body } = await request(door).get('/page').expect(500);
    expect(body.code).toBe('gateway.error');
    expect(JSON.stringify(body)).not.toMatch(/secret|each|stock/);
  });
});

describe('equal calls of one request', () => {
  it('are one, by path and by body, if their options are equal', async () => {
    const { url, asked } = await shop((at, body) => JSON.stringify([at.pathname, body]));
    const { url: door } = await gateway({
      'routes/page.get.ts': `
        import { defineRoute, defineService, type } from 'portico';
        const s = defineService('s', { targets: ['${url}'] });
        const post = { from: s\`/search\`, method: 'POST', response: type<unknown>() } as const;
        export default defineRoute({
          aggregate: {
            a: { from: s\`/same\`, response: type<unknown>() },
            b: { from: c => s\`/\${c.query.get('b') ?? ''}\`, response: type<unknown>() },
            c: { from: s\`/same\`, response: type<unknown>(), timeout: '2s' },
            d: { ...post, json: { q: 1 } },
            e: { ...post, json: { q: 2 } },
            f: { ...post, json: () => ({ q: 1 }) },
          },
          reply: parts => parts,
        });`,
    });
    const { body } = await request(door).get('/page?b=same').expect(200);
    expect(body).toMatchObject({
      a: ['/same', ''],
      b: ['/same', ''],
      d: ['/search', '{"q":1}'],
      f: ['/search', '{"q":1}'],
    });
    expect(asked.toSorted()).toEqual(['/same', '/same', '/search{"q":1}', '/search{"q":2}']);
    await request(door).get('/page?b=other').expect(200);
    expect(asked.filter(path => path === '/other')).toHaveLength(1);
  });
});

describe('dealing', () => {
  it('finds each item by its id, whatever the order of a response', () => {
    const ids = fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.constantFrom('__proto__', 'constructor', ''));
    fc.assert(
      fc.property(fc.array(fc.record({ id: ids, value: fc.nat() })), items => {
        const found = dealt(items, item => (item as (typeof items)[number]).id, 'here');
        for (const { id } of items) {
          expect(found.get(String(id))).toBe(items.find(each => String(each.id) === String(id)));
        }
        expect(found.size).toBe(new Set(items.map(({ id }) => String(id))).size);
      }),
    );
  });

  it('never runs more tasks at once than its limit, and all of them, also after failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (max, tasks) => {
          const limit = new ConcurrencyLimit(max);
          let running = 0;
          let most = 0;
          const results = await Promise.allSettled(
            tasks.map(fails =>
              limit.run(async () => {
                most = Math.max(most, ++running);
                await null;
                running--;
                if (fails) throw new Error('failed');
              }),
            ),
          );
          expect(results.map(({ status }) => status === 'rejected')).toEqual(tasks);
          expect(most).toBe(Math.min(max, tasks.length));
        },
      ),
    );
  });
});

it('is a load problem where dependencies of fan-outs form a cycle', async () => {
  const parts = `a: { dependsOn: ['b'], each: () => [], from: () => s\`/\`, concurrency: 1, response: {} },
    b: { dependsOn: ['a'], each: () => [], from: () => s\`/\`, concurrency: 1, response: {} },`;
  expect(await codesOf({ 'routes/page.get.ts': page('http://127.0.0.1:1', parts) })).toEqual(['P127']);
});

it('is a load problem without `by`', async () => {
  const parts = "a: { each: () => ['1'], batch: { from: () => s`/`, max: 1 }, response: {} },";
  expect(await codesOf({ 'routes/page.get.ts': page('http://127.0.0.1:1', parts) })).toEqual(['P122']);
});
