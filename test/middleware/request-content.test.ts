import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForm } from '../../src/middleware/form-body.ts';
import { echo, type Seen } from '../support/echo.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const PACKERS: Readonly<Record<string, (text: string | Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync,
};

/** A handler that says what it was given, with a file as its name, type and text. */
const TOLD = `async c => {
  const told = async value => value instanceof File ? [value.name, value.type, await value.text()]
    : Array.isArray(value) ? Promise.all(value.map(told)) : value;
  return Object.fromEntries(await Promise.all(Object.entries(c.body).map(async ([k, v]) => [k, await told(v)])));
}`;
const SCHEMA = `{ type: 'object', properties: { qty: { type: 'integer' }, big: { type: 'integer' },
  tags: { type: 'array', items: { type: 'string' } }, doc: { type: 'string', format: 'binary' } } }`;

async function served(options = '') {
  const { url: upstream, requests } = await backend(echo);
  const { url } = await gateway({
    'routes/told.post.ts': `import { defineRoute } from 'portico';
      export default defineRoute({ body: ${SCHEMA}, handler: ${TOLD}, ${options} });`,
    'routes/typed.post.ts': `import { defineRoute, type } from 'portico';
      export default defineRoute({ body: type<Record<string, unknown>>(), handler: ${TOLD} });`,
    'routes/checked.post.ts': `import { defineRoute } from 'portico';
      export default defineRoute({ body: ${SCHEMA}, limits: { body: '10KB' }, proxy: '${upstream}' });`,
    'routes/proxied.post.ts': `import { defineRoute } from 'portico';
      export default defineRoute({ body: ${SCHEMA}, proxy: '${upstream}' });`,
  });
  const post = (path: string, body: string | Buffer | FormData, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}${path}`, { method: 'POST', headers, body: Buffer.isBuffer(body) ? new Uint8Array(body) : body });
  return { post, requests };
}

const part = (headers: string, body = 'admin'): string => `--b\r\n${headers}\r\n\r\n${body}\r\n`;

describe('a part of a form that the check would not see', () => {
  const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };
  const FINE = part('Content-Disposition: form-data; name="qty"', '7');

  it.each([
    [
      'names an unknown charset',
      part('Content-Disposition: form-data; name="role"\r\nContent-Type: text/plain; charset=x-1'),
    ],
    ['is no form data', part('Content-Disposition: attachment; name="role"')],
    ['has no disposition', part('Content-Type: text/plain')],
    [
      'is encoded once more',
      part('Content-Disposition: form-data; name="role"\r\nContent-Transfer-Encoding: base64', 'YQ=='),
    ],
  ])('is 400 if it %s, and no backend gets it', async (_what, hidden) => {
    const { post, requests } = await served();
    for (const body of [`${FINE}${hidden}--b--\r\n`, `${hidden}${FINE}--b--\r\n`]) {
      expect((await post('/proxied', body, MULTIPART)).status).toBe(400);
    }
    expect(requests).toHaveLength(0);
  });

  it('leaves a preamble, an epilogue and a quoted boundary alone', async () => {
    const { post } = await served();
    const body = `preamble\r\n${FINE}--b--\r\nepilogue --b\r\n--b`;
    const response = await post('/told', body, { 'content-type': 'multipart/form-data; boundary="b"' });
    expect([response.status, await response.json()]).toEqual([200, { qty: 7 }]);
  });

  it('is 415 with two boundaries, of which readers take different ones', async () => {
    const { post } = await served();
    const response = await post('/told', `${FINE}--b--\r\n`, {
      'content-type': 'multipart/form-data; boundary=a; boundary=b',
    });
    expect(response.status).toBe(415);
  });

  it('is 422 as a file for a field that is described as text without its name', async () => {
    const { url } = await gateway({
      'routes/notes.post.ts': `import { defineRoute } from 'portico';
        export default defineRoute({
          body: { type: 'object', additionalProperties: { type: 'string' } },
          handler: c => c.body.note.trim(),
        });`,
    });
    const form = new FormData();
    form.append('note', new File(['x'], 'x.txt'));
    expect((await fetch(`${url}/notes`, { method: 'POST', body: form })).status).toBe(422);
  });
});

describe('a form', () => {
  it('has the types of the schema, a list for one name, and all digits of its integers', async () => {
    const { post } = await served();
    const response = await post('/told', 'qty=7&big=9007199254740993&tags=%C3%A9+%26', { 'content-type': FORM });
    expect(await response.text()).toBe('{"qty":7,"big":9007199254740993,"tags":["é &"]}');
  });

  it('of several parts has texts and files', async () => {
    const { post } = await served();
    const form = new FormData();
    form.append('qty', '7');
    form.append('tags', 'a');
    form.append('tags', 'b');
    form.append('doc', new File(['\u{fffd} text'], 'ä.txt', { type: 'text/plain' }));
    expect(await (await post('/told', form)).json()).toEqual({
      qty: 7,
      tags: ['a', 'b'],
      doc: ['ä.txt', 'text/plain', '\u{fffd} text'],
    });
  });

  it('has texts where nothing checks it', async () => {
    const { post } = await served();
    const response = await post('/typed', 'a=1&a=2&__proto__=3', { 'content-type': `${FORM}; charset=UTF-8` });
    expect(await response.text()).toBe('{"a":["1","2"],"__proto__":"3"}');
  });

  it('is 422 with the position of its mistakes', async () => {
    const { post } = await served();
    const response = await post('/told', 'qty=many', { 'content-type': FORM });
    expect([response.status, await response.json()]).toMatchObject([
      422,
      { code: 'request.unprocessable', errors: [{ pointer: '/qty', detail: 'must be integer' }] },
    ]);
  });

  it('may have no fields, and bytes that are not percent-encoded', async () => {
    const { post } = await served();
    expect(await (await post('/told', '', { 'content-type': FORM })).text()).toBe('{}');
    expect(await (await post('/told', 'tags=é', { 'content-type': FORM })).json()).toEqual({ tags: ['é'] });
  });

  it('goes to a backend byte for byte', async () => {
    const { post } = await served();
    const response = await post('/checked', 'qty=7&x=%zz', { 'content-type': FORM });
    expect(response.status).toBe(400);
    const sent = 'qty=%37&qty=8&tags=+';
    expect((await post('/checked', sent, { 'content-type': FORM })).status).toBe(422);
    const seen = await (await post('/checked', 'qty=%37&tags=+', { 'content-type': FORM })).json();
    expect(seen).toMatchObject({ body: 'qty=%37&tags=+', headers: { 'content-type': FORM } });
  });

  const part = (head: string, content = 'x') => `--b\r\n${head}\r\n\r\n${content}\r\n`;
  const NAMED = 'Content-Disposition: form-data; name="a"';
  const MULTIPART = 'multipart/form-data; boundary=b';
  const FIELDS = Array.from({ length: 1_001 }, (_, i) => `a${i}=1`);
  it.each([
    ['no boundary', 'multipart/form-data', `${part(NAMED)}--b--`, 400],
    ['no end', MULTIPART, part(NAMED), 400],
    ['a file without an end', MULTIPART, `--b\r\n${NAMED}; filename="x"\r\n\r\nabc`, 400],
    ['a part without a name', MULTIPART, `${part('Content-Disposition: form-data')}--b--`, 400],
    ['a malformed part', MULTIPART, `${part('no field')}--b--`, 400],
    ['nothing', MULTIPART, '', 400],
    ['another boundary', MULTIPART, '--c--', 400],
    ['invalid UTF-8 in a text', MULTIPART, Buffer.from(`${part(NAMED, '\xff')}--b--`, 'latin1'), 400],
    ['invalid UTF-8 in a field', FORM, 'a=%ff', 400],
    ['invalid UTF-8 in a name', FORM, Buffer.from('\xff=a', 'latin1'), 400],
    ['a name of 300 characters', FORM, `${'a'.repeat(300)}=1`, 400],
    ['1,001 fields', FORM, FIELDS.join('&'), 413],
    ['1,001 parts', MULTIPART, `${FIELDS.map(() => part(NAMED)).join('')}--b--`, 413],
    ['1,001 files', MULTIPART, `${FIELDS.map(() => part(`${NAMED}; filename="x"`)).join('')}--b--`, 413],
    ['2 MB', MULTIPART, `${part(NAMED, 'x'.repeat(2_000_000))}--b--`, 413],
    ['another charset', `${FORM}; charset=latin1`, 'a=1', 415],
  ] as const)('with %s is refused', async (_, type, body, status) => {
    const { post } = await served();
    const response = await post('/told', body, { 'content-type': type });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });

  it('has its texts in the charset of their part, and no file where none was chosen', async () => {
    const type = 'Content-Type: text/plain; charset=';
    const none = 'Content-Disposition: form-data; name="doc"; filename=""\r\nContent-Type: application/octet-stream';
    const body = [part(`${NAMED}\r\n${type}UTF-8`, 'Ã©'), part(`${NAMED}\r\n${type}latin1`, 'é'), part(none, '')];
    const bytes = Buffer.from(`${body.join('')}--b--`, 'latin1');
    expect(await parseForm(bytes, MULTIPART)).toEqual({ a: ['é', 'é'] });
  });

  it('keeps the order of equal names, whatever their sizes', async () => {
    const form = new FormData();
    const sizes = [300_000, 1, 200_000, 0, 5];
    for (const size of sizes) form.append('doc', new File(['x'.repeat(size)], `${size}`));
    const sent = new Response(form);
    const bytes = Buffer.from(await sent.arrayBuffer());
    const { doc } = (await parseForm(bytes, sent.headers.get('content-type') ?? '')) as { doc: readonly File[] };
    expect(doc.map(({ name, size }) => [name, size])).toEqual(sizes.map(size => [`${size}`, size]));
  });

  it('is read as it was written, whatever it has', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).filter(each => each.isWellFormed());
    const fields = fc.array(
      fc.tuple(
        text.filter(name => name !== ''),
        text,
      ),
      { minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(fields, async entries => {
        const parsed = await parseForm(Buffer.from(new URLSearchParams(entries).toString()), FORM);
        for (const [name] of entries) {
          const values = entries.filter(([other]) => other === name).map(([, value]) => value);
          expect([Object.getOwnPropertyDescriptor(parsed, name)?.value].flat()).toEqual(values);
        }
      }),
    );
  });

  it('never hangs, whatever comes', async () => {
    const pieces = [
      '--b',
      '--b--',
      '\r\n',
      '\r\n\r\n',
      NAMED,
      '; filename="f"',
      'Content-Type: a/b',
      '\xff',
      '--',
      'x',
    ];
    const bodies = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map(list => list.join(''));
    await fc.assert(
      fc.asyncProperty(bodies, async body => {
        const outcome = await parseForm(Buffer.from(body, 'latin1'), MULTIPART).then(
          () => 200,
          (failure: { readonly status?: number }) => failure.status,
        );
        expect([200, 400]).toContain(outcome);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a form of another page', () => {
  const OTHER = 'https://evil.example';

  it('is refused before it is read, unless its origin is allowed', async () => {
    const { post } = await served(`allowedOrigins: ['https://friend.example']`);
    const statusFor = async (headers: Readonly<Record<string, string>>) =>
      (await post('/told', 'qty=1', { 'content-type': FORM, ...headers })).status;
    expect(await statusFor({ origin: OTHER, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await statusFor({ origin: OTHER })).toBe(403);
    expect(await statusFor({ origin: 'null' })).toBe(403);
    expect(await statusFor({ origin: 'https://friend.example' })).toBe(200);
    expect(await statusFor({})).toBe(200);
  });

  it('needs no permission where it is JSON, which a browser asks for before it sends it', async () => {
    const { post } = await served();
    expect((await post('/told', '{"qty":1}', { 'content-type': JSON_TYPE, origin: OTHER })).status).toBe(200);
  });
});

describe('a compressed body', () => {
  it.each(Object.keys(PACKERS))('is inflated for a schema: %s', async encoding => {
    const { post } = await served();
    const headers = { 'content-type': JSON_TYPE, 'content-encoding': encoding, 'content-digest': 'sha-256=:AA==:' };
    const body = PACKERS[encoding]?.('{"qty":7}') ?? '';
    expect(await (await post('/told', body, headers)).json()).toEqual({ qty: 7 });
    const seen = (await (await post('/checked', body, headers)).json()) as Seen;
    expect(seen).toMatchObject({ body: '{"qty":7}', headers: { 'content-type': JSON_TYPE, 'content-length': '9' } });
    for (const name of ['content-encoding', 'content-digest']) expect(seen.headers).not.toHaveProperty(name);
  });

  it('may be a form', async () => {
    const { post } = await served();
    const response = await post('/told', zlib.gzipSync('qty=7'), { 'content-type': FORM, 'content-encoding': 'gzip' });
    expect(await response.json()).toEqual({ qty: 7 });
  });

  it.each(Object.keys(PACKERS))('ends at the limit while it is inflated: %s', async encoding => {
    const { post, requests } = await served();
    const bomb = PACKERS[encoding]?.(Buffer.alloc(50_000_000, ' ')) ?? '';
    const headers = { 'content-type': JSON_TYPE, 'content-encoding': encoding };
    expect(bomb.length).toBeLessThan(60_000);
    const before = process.memoryUsage().arrayBuffers;
    const response = await post('/told', bomb, headers);
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'request.body_too_large' }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    const fits = PACKERS[encoding]?.(' '.repeat(9_990) + '{"qty":1}'.slice(0, 9)) ?? '';
    expect((await post('/checked', fits, headers)).status).toBe(200);
    expect((await post('/checked', PACKERS[encoding]?.(`${' '.repeat(10_240)}1`) ?? '', headers)).status).toBe(413);
    expect(requests).toHaveLength(1);
  });

  it.each(Object.keys(PACKERS))('that is no such encoding, or ends too soon, is 400: %s', async encoding => {
    const { post } = await served();
    const whole = PACKERS[encoding]?.(JSON.stringify({ text: 'x'.repeat(100) })) ?? Buffer.alloc(0);
    for (const body of [Buffer.from('{"qty":7}'), whole.subarray(0, -5), whole.subarray(0, 6)]) {
      const response = await post('/told', body, { 'content-type': JSON_TYPE, 'content-encoding': encoding });
      expect([response.status, await response.json()]).toMatchObject([400, { code: 'request.malformed' }]);
    }
  });

  it.each(['deflate', 'compress', 'gzip, br', 'gzip, gzip', 'snappy'])('is 415 with %s', async encoding => {
    const { post } = await served();
    const response = await post('/told', '{}', { 'content-type': JSON_TYPE, 'content-encoding': encoding });
    expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'gzip, br, zstd']);
  });

  it('of a route that reads none goes on byte for byte', async () => {
    const { url: upstream } = await backend((req, res) => {
      const { 'content-encoding': encoding } = req.headers;
      res.setHeader('X-Encoding', String(encoding));
      req.pipe(res);
    });
    const { url } = await gateway({
      'routes/streamed.post.ts': `import { defineRoute } from 'portico';
        export default defineRoute({ proxy: '${upstream}' });`,
    });
    const sent = zlib.gzipSync('anything');
    const headers = { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' };
    const response = await fetch(`${url}/streamed`, { method: 'POST', headers, body: new Uint8Array(sent) });
    expect(response.headers.get('x-encoding')).toBe('gzip');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(sent);
  });
});

describe('a body that is neither JSON nor a form', () => {
  it('is 415, with what is accepted', async () => {
    const { post } = await served();
    const response = await post('/told', '<p>', { 'content-type': 'text/html' });
    expect([response.status, response.headers.get('accept')]).toEqual([
      415,
      'application/json, application/x-www-form-urlencoded, multipart/form-data',
    ]);
  });
});

describe('a proxied request', () => {
  const CHECKED = `query: { type: 'object', properties: { page: { type: 'integer' }, size: { type: 'integer', default: 20 } } },
    body: { type: 'object', properties: { qty: { type: 'integer', default: 1 } } }`;

  it('goes on as it was sent, whatever its schemas made of it', async () => {
    const { url: upstream } = await backend(echo);
    const { url } = await gateway({
      'routes/orders.post.ts': `import { defineRoute } from 'portico';
        export default defineRoute({ ${CHECKED}, proxy: '${upstream}',
          headers: c => ({ 'x-seen': JSON.stringify([c.query, c.body]) }) });`,
    });
    const sent = { method: 'POST', headers: { 'content-type': JSON_TYPE }, body: '{ "note": 1.0 }' };
    expect(await (await fetch(`${url}/orders?page=%32&x=+`, sent)).json()).toMatchObject({
      url: '/orders?page=%32&x=+',
      body: '{ "note": 1.0 }',
      headers: { 'x-seen': '[{"page":2,"x":" ","size":20},{"note":1,"qty":1}]' },
    });
  });
});

describe('a bad body', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  it.each([
    ['HTML', '<!doctype html>', 400],
    ['invalid UTF-8', Buffer.from('{"qty":"\xff"}', 'latin1'), 400],
    ['2 MB', JSON.stringify({ text: 'x'.repeat(2_000_000) }), 413],
    ['100,000 levels', deep, 400],
    ['a wrong type', '{"qty":"many"}', 422],
    ['a member that is called __proto__', '{"__proto__":{"qty":1},"doc":1}', 422],
  ] as const)('of %s is refused in words of its own, and no backend is called', async (_, body, status) => {
    const { post, requests } = await served();
    const response = await post('/proxied', body, { 'content-type': JSON_TYPE });
    const problem = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(problem).detail).toMatch(/body/i);
    expect(problem).not.toMatch(/127\.0\.0\.1|node_modules|at /);
    expect(requests).toHaveLength(0);
  });
});
