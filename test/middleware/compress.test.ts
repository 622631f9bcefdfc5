import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Body, bytesBody, collect, NO_BODY, type Sink } from '../../src/core/body.ts';
import { GatewayError } from '../../src/core/failure.ts';
import { HeaderList } from '../../src/core/headers/header-list.ts';
import { PushBody } from '../../src/core/push-body.ts';
import type { Reply } from '../../src/core/reply.ts';
import { type CompressPolicy, compress } from '../../src/middleware/compress.ts';
import { EncodedVariants } from '../../src/policies/cache/storage/encoded-variants.ts';
import { decoded } from '../support/decode.ts';
import { exchange, headers } from '../support/exchange.ts';

type Fields = Readonly<Record<string, string>>;

const TEXT = 'the same words again and again; '.repeat(200);
const MIN = 1024;
const PIECE = 16_384;
const ALL = 'gzip, br, zstd';
const SILENT: CompressPolicy = { personal: false, perUser: false, min: MIN };
const ENCODINGS = ['zstd', 'br', 'gzip'] as const;

function text(fields: Fields = {}, body: Body = bytesBody(Buffer.from(TEXT))): Reply {
  return { status: 200, headers: headers({ 'Content-Type': 'text/html; charset=utf-8', ...fields }), body };
}

function ask(reply: Reply, fields: Fields = {}, policy: Partial<CompressPolicy> = {}, method = 'GET') {
  const stage = compress({ ...SILENT, ...policy })(() => reply);
  return stage(exchange({ method, headers: headers({ 'Accept-Encoding': ALL, ...fields }) }));
}

const codingOf = async (...args: Parameters<typeof ask>) => (await ask(...args)).headers.get('content-encoding');

async function bytesOf({ body }: Reply): Promise<Buffer> {
  return collect(body, Number.POSITIVE_INFINITY, () => new GatewayError('upstream.too_large', 'long'));
}

/** A source that the test feeds by hand. */
function source(length?: number) {
  const calls = { paused: 0, resumed: 0, aborted: 0 };
  const body = new PushBody(
    {
      pause: () => void calls.paused++,
      resume: () => void calls.resumed++,
      abort: () => void calls.aborted++,
    },
    length,
  );
  return { body, calls };
}

/** A reader that takes as much as the test allows. */
class SlowReader implements Sink {
  readonly chunks: Buffer[] = [];
  trailers: readonly string[] | undefined;
  ended = false;
  open = true;
  drain = () => {};
  close = () => {};

  write(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return this.open;
  }

  end(last?: Buffer, trailers?: readonly string[]): void {
    if (last !== undefined) this.chunks.push(last);
    this.trailers = trailers;
    this.ended = true;
  }

  onDrain(listener: () => void): void {
    this.drain = listener;
  }

  onClose(listener: () => void): void {
    const before = this.close;
    this.close = () => {
      before();
      listener();
    };
  }

  get size(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
}

async function streamed(body: Body, encoding: string, fields: Fields = {}) {
  const reply = await ask(text(fields, body), { 'Accept-Encoding': encoding });
  if (reply.body.kind !== 'stream') throw new TypeError('not a stream');
  return { reply, body: reply.body };
}

describe('a compressed response', () => {
  it.each(ENCODINGS)('has its Content-Encoding and decodes to the original: %s', async encoding => {
    const reply = await ask(
      text({
        'Content-Length': String(TEXT.length),
        ETag: '"v1"',
        'Accept-Ranges': 'bytes',
        'Content-MD5': 'x',
        Digest: 'x',
        'Content-Digest': 'x',
        'Repr-Digest': 'x',
        Vary: 'Accept-Language',
      }),
      { 'Accept-Encoding': encoding },
    );
    const bytes = await bytesOf(reply);
    expect(decoded(encoding, bytes).toString()).toBe(TEXT);
    expect(reply.headers.toObject()).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': encoding,
      'content-length': String(bytes.length),
      etag: 'W/"v1"',
      vary: 'Accept-Language, Accept-Encoding',
    });
  });

  it('is never longer than the original', async () => {
    const noise = randomBytes(2048);
    const reply = await ask(text({ ETag: '"v1"' }, bytesBody(noise)));
    expect(reply.headers.get('content-encoding')).toBeUndefined();
    expect(reply.headers.get('vary')).toBe('Accept-Encoding');
    expect(reply.headers.get('etag')).toBe('"v1"');
    expect(await bytesOf(reply)).toEqual(noise);
  });

  it('keeps a weak entity tag and lists Accept-Encoding once in Vary', async () => {
    const named = await ask(text({ ETag: 'W/"v1"', Vary: 'origin, ACCEPT-encoding' }));
    expect(named.headers.get('etag')).toBe('W/"v1"');
    expect(named.headers.all('vary')).toEqual(['origin, ACCEPT-encoding']);
  });

  it('has Vary in its uncompressed form too', async () => {
    const reply = await ask(text(), { 'Accept-Encoding': 'identity' });
    expect(reply.headers.all('vary')).toEqual(['Accept-Encoding']);
    expect(reply.headers.has('content-encoding')).toBe(false);
  });
});

describe('compression is skipped', () => {
  it.each<[string, Reply]>([
    ['an event stream', text({ 'Content-Type': 'text/event-stream' })],
    ['an encoded response', text({ 'Content-Encoding': 'gzip' })],
    ['what must not be changed', text({ 'Cache-Control': 'max-age=5, no-transform' })],
    ['a small body', text({}, bytesBody(Buffer.alloc(MIN - 1, 'a')))],
    ['a small stream', text({}, source(MIN - 1).body)],
    ['an image', text({ 'Content-Type': 'image/png' })],
    ['a compressed font', text({ 'Content-Type': 'font/woff2' })],
    ['an unknown type', { ...text(), headers: HeaderList.empty }],
    ['a partial response', { ...text({ 'Content-Range': 'bytes 0-9/20' }), status: 206 }],
    ['a partial response with another status', text({ 'Content-Range': 'bytes 0-9/20' })],
    ['no content', { ...text({}, NO_BODY), status: 204 }],
    ['a response without a body', text({}, NO_BODY)],
  ])('%s', async (_name, reply) => {
    expect(await ask(reply)).toBe(reply);
  });

  it.each([
    'application/json',
    'application/problem+json',
    'application/xml',
    'image/svg+xml',
    'text/css',
    'text/event-streams',
    'application/javascript',
    'text/javascript; charset=utf-8',
    'application/wasm',
    'application/x-ndjson',
    'application/manifest+json',
    'font/ttf',
    'TEXT/PLAIN',
  ])('but %s is compressed', async type => {
    expect(await codingOf(text({ 'Content-Type': type }))).toBe('zstd');
  });

  it('for a client that accepts only the encoding of the origin', async () => {
    const reply = await ask(text(), { 'Cache-Control': 'max-age=0, no-transform' });
    expect(reply.headers.toObject()).toEqual({ 'content-type': 'text/html; charset=utf-8', vary: 'Accept-Encoding' });
  });

  it('but identity counts as no encoding', async () => {
    const reply = await ask(text({ 'Content-Encoding': 'identity' }));
    expect(reply.headers.all('content-encoding')).toEqual(['zstd']);
  });
});

describe('a response that may contain a secret', () => {
  const COOKIE = { Cookie: 'session=ann' };
  const secret: readonly [string, Fields, Fields][] = [
    ['for a request with a cookie', {}, COOKIE],
    ['for a request with credentials', {}, { Authorization: 'Bearer x' }],
    ['with no-store, for a request with a cookie', { 'Cache-Control': 'public, no-store' }, COOKIE],
    ['with Set-Cookie', { 'Set-Cookie': 'csrf=1' }, {}],
    ['that is private', { 'Cache-Control': 'max-age=5, private' }, {}],
    ['with a private field', { 'Cache-Control': 'public, private="x-name"' }, {}],
    ['with Vary: Cookie', { Vary: 'Accept, cookie' }, {}],
    ['with Vary: Authorization', { Vary: 'Authorization' }, {}],
    ['with public inside a quoted string', { 'Cache-Control': 'no-cache="x, public"' }, COOKIE],
  ];

  it.each(secret)('%s stays uncompressed, unless the route allows it', async (_name, fields, asked) => {
    const reply = await ask(text(fields), asked);
    expect(reply.headers.has('content-encoding')).toBe(false);
    expect(reply.headers.joined('vary')).toMatch(/accept-encoding/i);
    expect(await codingOf(text(fields), asked, { personal: true })).toBe('zstd');
  });

  it('includes one for a user that a guard has named', async () => {
    const x = exchange({ subject: 'ann', headers: headers({ 'Accept-Encoding': ALL }) });
    const reply = await compress(SILENT)(() => text())(x);
    expect(reply.headers.has('content-encoding')).toBe(false);
  });

  it.each<[string, Fields, Fields]>([
    ['a response to a request without credentials', {}, {}],
    ['a no-store response to a request without credentials', { 'Cache-Control': 'no-store' }, {}],
    ['a public response to a request with a cookie', { 'Cache-Control': 'public' }, COOKIE],
    ['a response with s-maxage to a request with a cookie', { 'Cache-Control': 's-maxage=5' }, COOKIE],
  ])('does not include %s', async (_name, fields, asked) => {
    expect(await codingOf(text(fields), asked)).toBe('zstd');
  });

  it('does not include one stored for everybody, except with Set-Cookie or Vary: Cookie', async () => {
    const bytes = Buffer.from(TEXT);
    const stored = () => ({ kind: 'bytes', bytes, copies: new EncodedVariants(bytes, () => {}) }) as const;
    expect(await codingOf(text({}, stored()), COOKIE)).toBe('zstd');
    expect(await codingOf(text({ 'Set-Cookie': 'a=b' }, stored()), COOKIE)).toBeUndefined();
    expect(await codingOf(text({ Vary: 'Cookie' }, stored()), COOKIE)).toBeUndefined();
  });
});

describe('a stored body', () => {
  it('is encoded once per content encoding for concurrent requests, and then returned without a promise', async () => {
    const bytes = Buffer.from(TEXT);
    const grown = vi.fn();
    const copies = new EncodedVariants(bytes, grown);
    const of = vi.spyOn(copies, 'of');
    const reply = text({}, { kind: 'bytes', bytes, copies });
    const responses = await Promise.all(Array.from({ length: 50 }, () => ask(reply, { 'Accept-Encoding': 'br' })));
    expect(grown).toHaveBeenCalledTimes(1);
    expect(of).toHaveBeenCalledTimes(50);
    const [first] = responses.map(({ body }) => body.kind === 'bytes' && body.bytes);
    for (const { body } of responses) expect(body.kind === 'bytes' && body.bytes).toBe(first);
    const hit = ask(reply, { 'Accept-Encoding': 'br' });
    expect(hit).not.toBeInstanceOf(Promise);
    expect(hit).toMatchObject({ body: { kind: 'bytes', bytes: first } });
    expect(ask(reply, { 'Accept-Encoding': 'identity' })).not.toBeInstanceOf(Promise);
    await ask(reply, { 'Accept-Encoding': 'gzip' });
    expect(grown).toHaveBeenCalledTimes(2);
  });

  it('is examined once per content encoding, and each response keeps its own fields', async () => {
    const bytes = Buffer.from(TEXT);
    const copies = new EncodedVariants(bytes, () => {});
    const stored = text({ ETag: '"v1"', 'Content-Length': String(bytes.length), Vary: 'Accept-Language' });
    const aged = (age: number, of = stored.headers): Reply => ({
      status: 200,
      headers: of.forOneUse(['Age', String(age)]),
      body: { kind: 'bytes', bytes, copies },
    });
    const fields = async (reply: Reply, accepts: string) => {
      const response = await ask(reply, { 'Accept-Encoding': accepts });
      expect(response.headers.get('content-length')).toBe(String((await bytesOf(response)).length));
      const { 'content-length': _length, 'content-type': _type, ...rest } = response.headers.toObject();
      return rest;
    };
    const vary = 'Accept-Language, Accept-Encoding';
    for (let age = 0; age < 4; age++) {
      const encoded = { etag: 'W/"v1"', vary, age: String(age) };
      expect(await fields(aged(age), 'br')).toEqual({ ...encoded, 'content-encoding': 'br' });
      expect(await fields(aged(age), 'gzip')).toEqual({ ...encoded, 'content-encoding': 'gzip' });
      expect(await fields(aged(age), 'identity')).toEqual({ ...encoded, etag: '"v1"' });
    }
    expect([...copies.sent.keys()].toSorted()).toEqual(['br', 'gzip', 'identity']);
    // The same bytes with other response headers are another response.
    expect(await fields(aged(9, stored.headers.set('ETag', '"v2"')), 'br')).toMatchObject({ etag: 'W/"v2"', age: '9' });
  });

  it('is served unchanged if its encoding fails', async () => {
    const bytes = Buffer.from(TEXT);
    const copies = { of: () => Promise.reject(new Error('no memory')), sent: new Map() };
    const reply = await ask(text({}, { kind: 'bytes', bytes, copies }));
    expect(reply.headers.has('content-encoding')).toBe(false);
    expect(await bytesOf(reply)).toBe(bytes);
  });

  it('is encoded for a later request if it failed for the first', async () => {
    const bytes = Buffer.from(TEXT);
    const copies = new EncodedVariants(bytes, () => {});
    vi.spyOn(copies, 'of').mockRejectedValueOnce(new Error('no memory'));
    const stored = text();
    const hit = (): Reply => ({
      status: 200,
      headers: stored.headers.forOneUse(['Age', '1']),
      body: { kind: 'bytes', bytes, copies },
    });
    expect(await codingOf(hit())).toBeUndefined();
    expect(await codingOf(hit())).toBe('zstd');
  });
});

describe('a HEAD', () => {
  it('has the fields of the GET', async () => {
    const reply = text({ 'Content-Length': '5000', ETag: '"v1"' }, NO_BODY);
    const { headers: said, body } = await ask(reply, {}, {}, 'HEAD');
    expect(body).toBe(NO_BODY);
    expect(said.toObject()).toEqual({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'zstd',
      etag: 'W/"v1"',
      vary: 'Accept-Encoding',
    });
    const small = text({ 'Content-Length': '5' }, NO_BODY);
    expect(await ask(small, {}, {}, 'HEAD')).toBe(small);
  });
});

describe('a 304', () => {
  const notModified = (fields: Fields): Reply => ({ status: 304, headers: headers(fields), body: NO_BODY });

  it('has the Vary of the 200 and the entity tag of the client’s copy', async () => {
    const weak = await ask(notModified({ ETag: '"v1"' }), { 'If-None-Match': '"v0", W/"v1"' });
    expect(weak.headers.toObject()).toEqual({ etag: 'W/"v1"', vary: 'Accept-Encoding' });
    const strong = await ask(notModified({ ETag: '"v1"' }), { 'If-None-Match': '"v1"' });
    expect(strong.headers.get('etag')).toBe('"v1"');
  });
});

describe('the next stage', () => {
  it('may fail', async () => {
    const failure = new GatewayError('upstream.reset', 'gone');
    const broken = compress(SILENT)(() => {
      throw failure;
    });
    expect(() => broken(exchange())).toThrow(failure);
    await expect((async () => compress(SILENT)(() => Promise.reject(failure))(exchange()))()).rejects.toBe(failure);
  });
});

describe.each(ENCODINGS)('a stream in %s', encoding => {
  it('decodes to the original, for any content and chunks', async () => {
    const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 70_000 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (given, pauses) => {
        const chunks = given.map(piece => Buffer.from(typeof piece === 'number' ? 'ab'.repeat(piece) : piece));
        const { body } = source();
        const encoded = await streamed(body, encoding);
        const whole = bytesOf(encoded.reply);
        for (const [i, chunk] of chunks.entries()) {
          body.push(chunk);
          if (pauses[i]) await new Promise(resolve => setImmediate(resolve));
        }
        body.finish();
        expect(decoded(encoding, await whole)).toEqual(Buffer.concat(chunks));
      }),
      { numRuns: 30 },
    );
  });

  it('has no length, and its trailers have no digest of the uncompressed bytes', async () => {
    const { body } = source(5000);
    const encoded = await streamed(body, encoding, { 'Content-Length': '5000' });
    expect(encoded.body.length).toBeUndefined();
    expect(encoded.reply.headers.has('content-length')).toBe(false);
    const reader = new SlowReader();
    const ended = encoded.body.pipe(reader);
    body.push(Buffer.alloc(5000, 'a'));
    body.finish(['X-Checksum', '1', 'Content-Digest', 'x']);
    expect(await ended).toBe('complete');
    expect(reader.trailers).toEqual(['X-Checksum', '1']);
  });

  it('flushes each chunk before the next one arrives', async () => {
    const { body } = source();
    const encoded = await streamed(body, encoding);
    const reader = new SlowReader();
    const ended = encoded.body.pipe(reader);
    for (const word of ['one', 'two', 'three']) {
      const before = reader.size;
      body.push(Buffer.from(word));
      await expect.poll(() => reader.size, { interval: 1 }).toBeGreaterThan(before);
    }
    body.finish();
    expect(await ended).toBe('complete');
    expect(decoded(encoding, Buffer.concat(reader.chunks)).toString()).toBe('onetwothree');
  });

  it('pauses its source for a slow reader and resumes it', async () => {
    const { body, calls } = source();
    const encoded = await streamed(body, encoding);
    const reader = new SlowReader();
    reader.open = false;
    const ended = encoded.body.pipe(reader);
    let pushed = 0;
    while (calls.paused === calls.resumed && pushed < 1_000) {
      body.push(randomBytes(PIECE));
      pushed++;
      await new Promise(resolve => setTimeout(resolve, 1));
    }
    expect(pushed * PIECE).toBeLessThan(2 * 1024 * 1024);
    expect(reader.size).toBeLessThan(256 * 1024);
    reader.open = true;
    reader.drain();
    await expect.poll(() => calls.resumed).toBe(calls.paused);
    body.finish();
    expect(await ended).toBe('complete');
    expect(decoded(encoding, Buffer.concat(reader.chunks)).length).toBe(pushed * PIECE);
  });

  it('never ends normally if its source fails', async () => {
    const { body } = source();
    const encoded = await streamed(body, encoding);
    const reader = new SlowReader();
    const ended = encoded.body.pipe(reader);
    body.push(Buffer.alloc(100_000, 'a'));
    const failure = new GatewayError('upstream.reset', 'gone');
    body.fail(failure);
    expect(await ended).toBe('broken');
    expect(encoded.body.failure).toBe(failure);
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(reader.ended).toBe(false);
  });

  it('releases its source when the reader disconnects, and its encoder when the source ends', async () => {
    const one = source();
    const encoded = await streamed(one.body, encoding);
    const reader = new SlowReader();
    const ended = encoded.body.pipe(reader);
    one.body.push(Buffer.from('a'));
    reader.close();
    expect(await ended).toBe('left');
    expect(one.calls.aborted).toBe(1);

    const two = source();
    const late = await streamed(two.body, encoding);
    const slow = new SlowReader();
    slow.open = false;
    const stopped = late.body.pipe(slow);
    two.body.push(Buffer.alloc(50_000, 'a'));
    two.body.finish();
    slow.close();
    expect(await stopped).toBe('left');
    expect(slow.ended).toBe(false);
  });

  it('is cancelled with its source, read or unread', async () => {
    const reason = new GatewayError('client.gone', 'left');
    const unread = source();
    (await streamed(unread.body, encoding)).body.cancel(reason);
    expect(unread.calls.aborted).toBe(1);
    const read = source();
    const encoded = await streamed(read.body, encoding);
    const ended = encoded.body.pipe(new SlowReader());
    encoded.body.cancel(reason);
    expect(await ended).toBe('left');
    expect(read.calls.aborted).toBe(1);
    expect(encoded.body.failure).toBe(reason);
  });
});
