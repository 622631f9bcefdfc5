import { errors, type FlattenedJWSInput } from 'jose';
import { describe, expect, it } from 'vitest';
import type { GatewayError } from '../../../src/core/failure.ts';
import type { ProviderFetch } from '../../../src/core/ports/identity.ts';
import { ProviderKeys } from '../../../src/identity/jwt/provider-keys.ts';
import { FakeClock } from '../../support/clock.ts';
import { plainFetch, type SigningKey, signingKey, startProvider, type TestProvider } from './provider.ts';

const first = await signingKey('first');
const second = await signingKey('second');

const HOUR = 3_600_000;
const NO_TOKEN: FlattenedJWSInput = { payload: '', signature: '' };

/** Resolves the key by its id, as for a token. */
function keyOf(keys: ProviderKeys, kid: string | undefined, alg = 'ES256') {
  return keys.resolve(kid === undefined ? { alg } : { alg, kid }, NO_TOKEN);
}

function failureOf(promise: Promise<unknown>): Promise<GatewayError & { readonly cause?: Error }> {
  return promise.then(
    () => Promise.reject(new Error('it succeeded')),
    error => error,
  );
}

const UNAVAILABLE = { code: 'identity.unavailable', status: 503 };

/** Keys behind a provider of which the test decides each response, and counts them. */
function scripted(respond: () => Promise<Response> | Response) {
  const clock = new FakeClock();
  const urls: string[] = [];
  const fetch: ProviderFetch = async url => {
    urls.push(url);
    return respond();
  };
  const keys = new ProviderKeys({ issuer: 'https://login.example', url: 'https://login.example/jwks', fetch, clock });
  return { clock, urls, keys };
}

const documentOf = (...keys: readonly SigningKey[]) => Response.json({ keys: keys.map(({ jwk }) => jwk) });

/** Lets what is already possible happen: no timer and no socket has a part in it. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve));

describe('the keys of a provider', () => {
  it('are fetched once for all that wait for them', async () => {
    await using provider = await startProvider(first);
    const keys = new ProviderKeys({ issuer: provider.url, fetch: plainFetch, clock: new FakeClock() });
    expect(provider.paths).toEqual([]);
    const found = await Promise.all(Array.from({ length: 20 }, () => keyOf(keys, 'first')));
    expect(new Set(found).size).toBe(1);
    expect(found[0]?.type).toBe('public');
    expect(provider.paths).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('fit without a kid if one of them has the algorithm', async () => {
    const rsa = await signingKey('rsa', 'RS256');
    const { keys } = scripted(() => documentOf(first, rsa));
    expect(await keyOf(keys, undefined)).toBe(await keyOf(keys, 'first'));
    expect(await keyOf(keys, undefined, 'RS256')).toBe(await keyOf(keys, 'rsa', 'RS256'));
  });

  it('do not fit without a kid if several have the algorithm', async () => {
    const { keys, urls } = scripted(() => documentOf(first, second));
    await expect(keyOf(keys, undefined)).rejects.toBeInstanceOf(errors.JWKSMultipleMatchingKeys);
    expect(urls).toHaveLength(1);
  });

  it('are never secrets that both sides have', async () => {
    const oct = { kty: 'oct', kid: 'first', k: 'c2VjcmV0', alg: 'HS256' };
    const { keys } = scripted(() => Response.json({ keys: [oct, second.jwk] }));
    await expect(keyOf(keys, 'first', 'HS256')).rejects.toBeInstanceOf(errors.JOSENotSupported);
  });

  it('are 503 where the provider publishes one that cannot be used', async () => {
    const { keys } = scripted(() => Response.json({ keys: [{ ...first.jwk, x: 'AA' }, second.jwk] }));
    expect(await failureOf(keyOf(keys, 'first'))).toMatchObject(UNAVAILABLE);
    expect((await keyOf(keys, 'second')).type).toBe('public');
  });

  it('are fetched again in the background after ten minutes, by one call', async () => {
    let published = [first, second];
    const { promise: late, resolve: respond } = Promise.withResolvers<void>();
    const { clock, keys, urls } = scripted(async () => {
      if (urls.length > 1) await late;
      return documentOf(...published);
    });
    await keyOf(keys, 'first');
    clock.advance(599_999);
    await keyOf(keys, 'first');
    expect(urls).toHaveLength(1);
    clock.advance(1);
    published = [second];
    // The old keys serve meanwhile.
    for (const kid of ['first', 'second', 'first']) expect((await keyOf(keys, kid)).type).toBe('public');
    expect(urls).toHaveLength(2);
    respond();
    await settled();
    await expect(keyOf(keys, 'first')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    expect((await keyOf(keys, 'second')).type).toBe('public');
    expect(clock.waiting).toBe(0);
  });
});

describe('an unknown key', () => {
  it('is fetched if the provider has changed its keys', async () => {
    await using provider = await startProvider(first);
    const clock = new FakeClock();
    const keys = new ProviderKeys({ issuer: provider.url, url: `${provider.url}/jwks`, fetch: plainFetch, clock });
    await keyOf(keys, 'first');
    provider.publish(first, second);
    clock.advance(10_000);
    const found = await Promise.all([keyOf(keys, 'second'), keyOf(keys, 'second'), keyOf(keys, 'first')]);
    expect(found[0]).toBe(found[1]);
    expect(found[2]).not.toBe(found[1]);
    expect(provider.paths).toEqual(['/jwks', '/jwks']);
  });

  it('is fetched once in ten seconds, whatever number of them there is', async () => {
    const { clock, keys, urls } = scripted(() => documentOf(first));
    await keyOf(keys, 'first');
    clock.advance(10_000);
    const tries = Array.from({ length: 10_000 }, (_, i) => failureOf(keyOf(keys, `random ${i}`)));
    expect(new Set((await Promise.all(tries)).map(({ name }) => name))).toEqual(new Set(['JWKSNoMatchingKey']));
    expect(urls).toHaveLength(2);
    clock.advance(9_999);
    for (let i = 0; i < 100; i++) await failureOf(keyOf(keys, `later ${i}`));
    expect(urls).toHaveLength(2);
    clock.advance(1);
    await failureOf(keyOf(keys, 'latest'));
    expect(urls).toHaveLength(3);
  });

  it('fails at once within these ten seconds', async () => {
    const { keys, urls } = scripted(() => (urls.length === 1 ? documentOf(first) : new Promise<Response>(() => {})));
    await keyOf(keys, 'first');
    await expect(keyOf(keys, 'unknown')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    expect(urls).toHaveLength(1);
  });

  it('is 503 while the provider does not respond, since it may be a new one', async () => {
    const { clock, keys, urls } = scripted(() => (urls.length === 1 ? documentOf(first) : Response.error()));
    await keyOf(keys, 'first');
    clock.advance(10_000);
    expect(await failureOf(keyOf(keys, 'second'))).toMatchObject(UNAVAILABLE);
    clock.advance(4_000);
    const failure = await failureOf(keyOf(keys, 'third'));
    expect(failure.details.headers).toEqual(['Retry-After', '6']);
    expect(urls).toHaveLength(2);
    expect((await keyOf(keys, 'first')).type).toBe('public');
  });

  it('is unknown again when the provider is back', async () => {
    const { clock, keys, urls } = scripted(() => (urls.length === 2 ? Response.error() : documentOf(first)));
    await keyOf(keys, 'first');
    clock.advance(10_000);
    expect(await failureOf(keyOf(keys, 'second'))).toMatchObject(UNAVAILABLE);
    clock.advance(10_000);
    await expect(keyOf(keys, 'second')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    await expect(keyOf(keys, 'second')).rejects.toBeInstanceOf(errors.JWKSNoMatchingKey);
    expect(urls).toHaveLength(3);
  });
});

describe('a provider that is down', () => {
  /** Keys that are known, of a provider that then changes. */
  async function known(provider: TestProvider) {
    const clock = new FakeClock();
    const keys = new ProviderKeys({ issuer: provider.url, fetch: plainFetch, clock });
    await keyOf(keys, 'first');
    return { clock, keys };
  }

  it('leaves its known keys valid for a day', async () => {
    await using provider = await startProvider(first);
    const { clock, keys } = await known(provider);
    await provider.kill();
    for (let i = 0; i < 23; i++) {
      clock.advance(HOUR);
      expect((await keyOf(keys, 'first')).type).toBe('public');
    }
    clock.advance(HOUR);
    expect(await failureOf(keyOf(keys, 'first'))).toMatchObject(UNAVAILABLE);
    await provider.revive();
    clock.advance(10_000);
    expect((await keyOf(keys, 'first')).type).toBe('public');
  });

  it.each<[what: string, respond: () => Response]>([
    ['500', () => new Response('{}', { status: 500 })],
    ['404', () => new Response('{}', { status: 404 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } })],
    ['no JSON', () => new Response('<!doctype html>')],
    ['bytes that are not UTF-8', () => new Response(Uint8Array.of(0x22, 0xff, 0x22))],
    ['nothing', () => new Response(null, { status: 200 })],
    ['a list', () => Response.json([first.jwk])],
    ['no keys', () => Response.json({ error: 'none' })],
    ['an empty list of keys', () => Response.json({ keys: [] })],
    ['keys that are none', () => Response.json({ keys: [first.jwk, 'second'] })],
    ['secrets', () => Response.json({ keys: [{ kty: 'oct', k: 'AA' }] })],
    ['keys for encryption', () => Response.json({ keys: [{ ...first.jwk, use: 'enc' }] })],
  ])('or sends %s does not replace its known keys', async (_what, respond) => {
    const { clock, keys, urls } = scripted(() => (urls.length === 1 ? documentOf(first) : respond()));
    await keyOf(keys, 'first');
    clock.advance(HOUR);
    await keyOf(keys, 'first');
    await settled();
    expect(urls).toHaveLength(2);
    expect((await keyOf(keys, 'first')).type).toBe('public');
    expect(await failureOf(keyOf(keys, 'second'))).toMatchObject(UNAVAILABLE);
  });

  it('is called once in ten seconds, and no request waits within them', async () => {
    const { clock, keys, urls } = scripted(() => Promise.reject(new Error('refused')));
    const failures = await Promise.all(Array.from({ length: 20 }, () => failureOf(keyOf(keys, 'first'))));
    for (const failure of failures) expect(failure).toMatchObject(UNAVAILABLE);
    expect(failures[0]?.details.headers).toEqual(['Retry-After', '10']);
    expect(failures[0]?.details.cause).toMatchObject({ message: 'refused' });
    clock.advance(9_500);
    expect((await failureOf(keyOf(keys, 'first'))).details.headers).toEqual(['Retry-After', '1']);
    expect(urls).toHaveLength(1);
    clock.advance(500);
    await failureOf(keyOf(keys, 'first'));
    expect(urls).toHaveLength(2);
  });

  it('and does not respond at all is given up after five seconds', async () => {
    await using provider = await startProvider(first);
    const clock = new FakeClock();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    provider.documents.set('/jwks', undefined);
    provider.server.on('request', arrive);
    const keys = new ProviderKeys({ issuer: provider.url, url: `${provider.url}/jwks`, fetch: plainFetch, clock });
    const failing = failureOf(keyOf(keys, 'first'));
    await arrived;
    clock.advance(5_000);
    const failure = await failing;
    expect(failure).toMatchObject(UNAVAILABLE);
    expect(failure.details.cause).toMatchObject({ message: `${provider.url}/jwks did not respond in 5 s` });
    expect(clock.waiting).toBe(0);
  });

  it('and hangs makes no request wait whose key is known', async () => {
    const { clock, keys, urls } = scripted(() =>
      urls.length === 1 ? documentOf(first) : new Promise<Response>(() => {}),
    );
    await keyOf(keys, 'first');
    clock.advance(HOUR);
    expect((await keyOf(keys, 'first')).type).toBe('public');
    expect((await keyOf(keys, 'first')).type).toBe('public');
    expect(urls).toHaveLength(2);
  });

  it('and stalls in the middle of its keys is given up, and its body is released', async () => {
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { clock, keys } = scripted(() => {
      const pull = (controller: ReadableStreamDefaultController) => {
        controller.enqueue(Buffer.from('{'));
        begin();
        return new Promise<void>(() => {});
      };
      return new Response(new ReadableStream({ pull, cancel: () => cancel() }));
    });
    const failing = failureOf(keyOf(keys, 'first'));
    await begun;
    await settled();
    clock.advance(5_000);
    expect(await failing).toMatchObject(UNAVAILABLE);
    await cancelled;
  });

  it('and sends without end is given up after a megabyte', async () => {
    let sent = 0;
    const pull = (controller: ReadableStreamDefaultController) => {
      sent += 100_000;
      controller.enqueue(Buffer.alloc(100_000, ' '));
    };
    const { keys } = scripted(() => new Response(new ReadableStream({ pull })));
    const failure = await failureOf(keyOf(keys, 'first'));
    expect(failure.details.cause).toMatchObject({ message: expect.stringContaining('more than 1000000 bytes') });
    expect(sent).toBeLessThan(2_000_000);
  });
});

describe('the discovery document', () => {
  const OPENID = '/.well-known/openid-configuration';

  function keysAt(issuer: string) {
    return new ProviderKeys({ issuer, fetch: plainFetch, clock: new FakeClock() });
  }

  it('is that of RFC 8414 where OpenID Connect has none', async () => {
    await using provider = await startProvider(first);
    const issuer = `${provider.url}/shop/`;
    provider.documents.set('/.well-known/oauth-authorization-server/shop', {
      issuer,
      jwks_uri: `${provider.url}/jwks`,
    });
    expect((await keyOf(keysAt(issuer), 'first')).type).toBe('public');
    expect(provider.paths).toEqual([
      '/shop/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/shop',
      '/jwks',
    ]);
  });

  it.each<[what: string, issuer: (url: string) => unknown]>([
    ['another issuer', () => 'https://login.example'],
    ['its issuer with a slash', url => `${url}/`],
    ['a list of issuers', url => [url]],
    ['no issuer', () => undefined],
  ])('with %s gives no keys, and the log says so', async (_what, lie) => {
    await using provider = await startProvider(first);
    provider.documents.set(OPENID, { issuer: lie(provider.url), jwks_uri: `${provider.url}/jwks` });
    const failure = await failureOf(keyOf(keysAt(provider.url), 'first'));
    expect(failure).toMatchObject(UNAVAILABLE);
    expect(failure.details.cause).toMatchObject({
      message: expect.stringMatching(`the discovery document of "${provider.url}" names the issuer `),
    });
    expect(failure.message).not.toContain(provider.url);
    expect(provider.paths).toEqual([OPENID]);
  });

  it.each([
    ['http://login.example/jwks', false],
    ['https://keys.example/jwks', true],
    ['file:///etc/passwd', false],
    ['/jwks', false],
    [undefined, false],
  ])('of an issuer with https names its keys at %s: %s', async (url, isUsed) => {
    const issuer = 'https://login.example';
    const urls: string[] = [];
    const fetch: ProviderFetch = async from => {
      urls.push(from);
      return from.endsWith('configuration') ? Response.json({ issuer, jwks_uri: url }) : documentOf(first);
    };
    const keys = new ProviderKeys({ issuer, fetch, clock: new FakeClock() });
    if (isUsed) expect((await keyOf(keys, 'first')).type).toBe('public');
    else expect(await failureOf(keyOf(keys, 'first'))).toMatchObject(UNAVAILABLE);
    expect(urls.slice(1)).toEqual(isUsed ? [url] : []);
  });

  it('is read for each fetch, so that the keys may move', async () => {
    await using provider = await startProvider(first);
    const clock = new FakeClock();
    const keys = new ProviderKeys({ issuer: provider.url, fetch: plainFetch, clock });
    await keyOf(keys, 'first');
    provider.documents.set('/new', { keys: [second.jwk] });
    provider.documents.set(OPENID, { issuer: provider.url, jwks_uri: `${provider.url}/new` });
    clock.advance(10_000);
    expect((await keyOf(keys, 'second')).type).toBe('public');
  });
});
