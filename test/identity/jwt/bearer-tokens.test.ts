import { createHmac, createPublicKey } from 'node:crypto';
import { CompactSign, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Jwt } from '../../../src/config/auth.ts';
import { DEFAULTS } from '../../../src/config/defaults.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import { BearerTokens } from '../../../src/identity/jwt/bearer-tokens.ts';
import { keySet } from '../../../src/identity/jwt/key-set.ts';
import { ProviderKeys } from '../../../src/identity/jwt/provider-keys.ts';
import { FakeClock } from '../../support/clock.ts';
import { AUDIENCE, claimsOf, encoded, plainFetch, signingKey, startProvider } from './provider.ts';

const ISSUER = 'https://login.example';
const key = await signingKey('key');
const rsa = await signingKey('rsa', 'RS256');
const stranger = await signingKey('key');

/** Claims to sign: one that is undefined is left out. */
type Claims = Readonly<Record<string, unknown>>;

interface Options extends Partial<Jwt> {
  readonly roles?: string;
  readonly maxRemembered?: number;
  readonly jwks?: readonly JWK[];
}

/** Tokens with the keys of the provider at hand; `lookUps` counts how often a key was needed. */
function withKeys({ roles, maxRemembered, jwks = [key.jwk, rsa.jwk], ...jwt }: Options = {}) {
  const clock = new FakeClock();
  const find = keySet({ keys: jwks });
  const lookUps: string[] = [];
  const keys: ConstructorParameters<typeof BearerTokens>[0]['keys'] = {
    resolve: (header, token) => {
      lookUps.push(String(header.kid));
      return find(header, token);
    },
  };
  const tokens = new BearerTokens({
    jwt: { issuer: ISSUER, audience: AUDIENCE, ...jwt },
    roles,
    keys,
    clock,
    maxRemembered,
  });
  const sign = (claims: Claims = {}, header: Partial<JWTHeaderParameters> = {}) =>
    key.sign({ ...claimsOf(ISSUER, clock), ...claims }, header);
  return { clock, tokens, sign, lookUps };
}

async function failureOf(tokens: BearerTokens, token: string): Promise<GatewayError> {
  try {
    await tokens.verify(token);
  } catch (error) {
    expect(error).toBeInstanceOf(GatewayError);
    return error as GatewayError;
  }
  throw new Error('the token is accepted');
}

/** Expects 401 with that description for the client. */
async function expectRefusal(tokens: BearerTokens, token: string, description: string): Promise<void> {
  const failure = await failureOf(tokens, token);
  expect(failure).toMatchObject({ code: 'request.unauthorized', status: 401, message: description });
  expect(failure.details.headers).toEqual([
    'WWW-Authenticate',
    `Bearer error="invalid_token", error_description="${description}"`,
  ]);
}

describe('an access token', () => {
  it('names its user', async () => {
    const { tokens, sign, clock } = withKeys();
    const claims = { scope: 'orders:read orders:write', roles: ['admin', 'staff'], shop: { id: 7 } };
    expect(await tokens.verify(await sign(claims))).toEqual({
      issuer: ISSUER,
      subject: 'alice',
      claims: { ...claimsOf(ISSUER, clock), ...claims },
      scopes: ['orders:read', 'orders:write'],
      roles: ['admin', 'staff'],
    });
  });

  it('is verified with the keys of a real provider, and after they change', async () => {
    await using provider = await startProvider(key);
    const clock = new FakeClock();
    const keys = new ProviderKeys({ issuer: provider.url, fetch: plainFetch, clock });
    const tokens = new BearerTokens({ jwt: { issuer: provider.url, audience: AUDIENCE }, keys, clock });
    expect(await tokens.verify(await key.sign(claimsOf(provider.url, clock)))).toMatchObject({ subject: 'alice' });
    const next = await signingKey('next');
    const token = await next.sign(claimsOf(provider.url, clock));
    await expectRefusal(tokens, token, 'The access token is signed with an unknown key');
    provider.publish(next);
    clock.advance(10_000);
    expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
  });

  it.each(DEFAULTS.auth.algorithms)('may be signed with %s', async alg => {
    const signer = await signingKey('signer', alg);
    const { tokens, clock } = withKeys({ jwks: [signer.jwk] });
    expect(await tokens.verify(await signer.sign(claimsOf(ISSUER, clock)))).toMatchObject({ subject: 'alice' });
  });

  it('may be signed with the algorithms of the option only', async () => {
    const { tokens, sign } = withKeys({ algorithms: ['RS256'] });
    const description = 'The access token is signed with an algorithm that is not accepted';
    await expectRefusal(tokens, await sign(), description);
  });

  it('may be for one of several audiences', async () => {
    const { tokens, sign } = withKeys({ audience: ['shop-web', AUDIENCE] });
    expect(await tokens.verify(await sign({ aud: ['other', AUDIENCE] }))).toMatchObject({ subject: 'alice' });
  });

  it('of a program has the program for its user', async () => {
    const { tokens, sign } = withKeys();
    const program = { sub: undefined, client_id: 'billing', azp: 'other' };
    expect(await tokens.verify(await sign(program))).toMatchObject({ subject: 'billing' });
    expect(await tokens.verify(await sign({ sub: undefined, azp: 'stock' }))).toMatchObject({ subject: 'stock' });
  });

  it.each<[claims: Claims, scopes: readonly string[]]>([
    [{ scope: ' a  b a ' }, ['a', 'b']],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b', 7, null] }, ['a', 'b']],
    [{ scope: 'a', scp: ['b'] }, ['a']],
    [{ scope: 7 }, []],
    [{}, []],
  ])('with %j has the scopes %j', async (claims, scopes) => {
    const { tokens, sign } = withKeys();
    expect(await tokens.verify(await sign(claims))).toMatchObject({ scopes });
  });

  it('has a bounded number of scopes and roles', async () => {
    const { tokens, sign } = withKeys();
    const many = Array.from({ length: 500 }, (_, i) => i.toString(36));
    const { scopes, roles } = await tokens.verify(await sign({ scope: many.join(' '), roles: many }));
    expect([scopes, roles]).toEqual([many.slice(0, 256), many.slice(0, 256)]);
  });

  it('has its roles where the option says', async () => {
    const { tokens, sign } = withKeys({ roles: 'realm_access.roles' });
    const user = await tokens.verify(await sign({ realm_access: { roles: ['admin'] }, roles: ['none'] }));
    expect(user.roles).toEqual(['admin']);
  });

  it('has a user that no function of a project can change', async () => {
    const { tokens, sign } = withKeys();
    const user = await tokens.verify(await sign({ scope: 'a', roles: ['b'], shop: { ids: [1] } }));
    for (const value of [user, user.claims, user.scopes, user.roles, user.claims.shop]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
    expect(Object.isFrozen(Reflect.get(Object(user.claims.shop), 'ids'))).toBe(true);
  });
});

describe('a token that is refused', () => {
  it.each<[claims: Claims, description: string]>([
    [{ exp: undefined }, 'The access token has no expiry time'],
    [{ exp: 'never' }, 'The access token has no expiry time'],
    [{ iss: 'https://login.example/' }, 'The access token is from another issuer'],
    [{ iss: undefined }, 'The access token is from another issuer'],
    [{ aud: 'other-api' }, 'The access token is for another audience'],
    [{ aud: [] }, 'The access token is for another audience'],
    [{ aud: undefined }, 'The access token is for another audience'],
    [{ nbf: 'later' }, 'The access token is not valid'],
    [{ sub: undefined }, 'The access token has no subject'],
    [{ sub: '' }, 'The access token has no subject'],
    [{ sub: null, client_id: 'billing' }, 'The access token has no subject'],
    [{ sub: undefined, client_id: 7 }, 'The access token has no subject'],
    [{ nonce: 'n' }, 'The token is no access token'],
    [{ at_hash: 'h' }, 'The token is no access token'],
    [{ c_hash: 'h' }, 'The token is no access token'],
    [{ events: {} }, 'The token is no access token'],
    [{ typ: 'ID' }, 'The token is no access token'],
    [{ typ: 'Logout' }, 'The token is no access token'],
  ])('has the claims %j', async (claims, description) => {
    const { tokens, sign } = withKeys();
    await expectRefusal(tokens, await sign(claims), description);
  });

  it.each<[header: object, description: string]>([
    [{ jwk: key.jwk }, 'The header of the access token has a parameter that is not accepted'],
    [{ jku: 'https://evil.example' }, 'The header of the access token has a parameter that is not accepted'],
    [{ x5u: 'https://evil.example' }, 'The header of the access token has a parameter that is not accepted'],
    [{ crit: ['b64'], b64: true }, 'The header of the access token has a parameter that is not accepted'],
    [{ crit: ['exp'], exp: 1 }, 'The access token is not valid'],
    [{ typ: 'logout+jwt' }, 'The token is no access token'],
    [{ typ: 'dpop+jwt' }, 'The token is no access token'],
    [{ typ: '' }, 'The token is no access token'],
    [{ typ: 7 }, 'The token is no access token'],
  ])('has the header %j, and fetches no key', async (header, description) => {
    const { clock, tokens, lookUps } = withKeys();
    // jose does not sign all of these.
    const head = encoded({ alg: 'ES256', kid: 'key', typ: 'JWT', ...header });
    await expectRefusal(tokens, `${head}.${encoded(claimsOf(ISSUER, clock))}.c2ln`, description);
    expect(lookUps).toEqual([]);
  });

  it('is signed with a key of its own header', async () => {
    const { clock, tokens } = withKeys();
    const token = await stranger.sign(claimsOf(ISSUER, clock), { jwk: stranger.jwk });
    expect(await failureOf(tokens, token)).toMatchObject({ status: 401 });
  });

  it('is signed by another one with the name of the key', async () => {
    const { clock, tokens } = withKeys();
    const token = await stranger.sign(claimsOf(ISSUER, clock));
    await expectRefusal(tokens, token, 'The signature of the access token is not valid');
  });

  it('is not signed', async () => {
    const { clock, tokens, sign } = withKeys();
    const description = 'The access token is signed with an algorithm that is not accepted';
    await expectRefusal(tokens, new UnsecuredJWT(claimsOf(ISSUER, clock)).encode(), description);
    const [, payload, signature] = (await sign()).split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      await expectRefusal(tokens, `${encoded({ alg, kid: 'key' })}.${payload}.`, description);
      await expectRefusal(tokens, `${encoded({ alg, kid: 'key' })}.${payload}.${signature}`, description);
    }
  });

  it.each([undefined, ['HS256', 'RS256']])(
    'is signed with the public key as a secret, where %j is accepted',
    async algorithms => {
      const { clock, tokens } = withKeys(algorithms === undefined ? {} : { algorithms });
      const publicKey = createPublicKey({ key: rsa.jwk, format: 'jwk' });
      const secrets = [
        publicKey.export({ type: 'spki', format: 'pem' }),
        publicKey.export({ type: 'spki', format: 'der' }),
        JSON.stringify(rsa.jwk),
      ];
      for (const secret of secrets) {
        const input = `${encoded({ alg: 'HS256', kid: 'rsa', typ: 'JWT' })}.${encoded(claimsOf(ISSUER, clock))}`;
        const token = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
        expect(await failureOf(tokens, token)).toMatchObject({ code: 'request.unauthorized' });
      }
    },
  );

  it.each(['', '.', '..', 'a.b.c', 'abc', 'é.ü.ß', '\u0000', `${encoded(null)}.${encoded(null)}.`, 'a.b.c.d.e'])(
    'is %j',
    async token => {
      await expectRefusal(withKeys().tokens, token, 'The access token is not valid');
    },
  );

  it('has its signature in another spelling', async () => {
    const { tokens, sign } = withKeys();
    const token = await sign();
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const changed = [...letters].map(letter => token.slice(0, -1) + letter).filter(other => other !== token);
    const spaced = [' ', '\n', '=', '=='].flatMap(text => [token + text, token.slice(0, -5) + text + token.slice(-5)]);
    for (const other of [...changed, ...spaced]) expect(await failureOf(tokens, other)).toMatchObject({ status: 401 });
  });

  it('has a payload that is no object', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const { tokens } = withKeys({ jwks: [await exportJWK(publicKey)] });
    for (const text of ['null', '[]', '"text"', '{', '']) {
      const token = await new CompactSign(Buffer.from(text)).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
      await expectRefusal(tokens, token, 'The access token is not valid');
    }
  });

  it('is longer than 8 KB', async () => {
    const { tokens, sign, lookUps } = withKeys();
    const token = await sign({ filler: 'x'.repeat(6_000) });
    expect(token.length).toBeGreaterThan(8_192);
    await expectRefusal(tokens, token, 'The access token is too long');
    expect(lookUps).toEqual([]);
  });

  it('is 503 where the keys are not to be had', async () => {
    await using provider = await startProvider(key);
    const clock = new FakeClock();
    const keys = new ProviderKeys({ issuer: provider.url, fetch: plainFetch, clock });
    const tokens = new BearerTokens({ jwt: { issuer: provider.url, audience: AUDIENCE }, keys, clock });
    const token = await key.sign(claimsOf(provider.url, clock));
    await provider.kill();
    const failure = await failureOf(tokens, token);
    expect(failure).toMatchObject({ code: 'identity.unavailable', status: 503 });
    expect(failure.details.headers).toEqual(['Retry-After', '10']);
    await provider.revive();
    clock.advance(10_000);
    expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
  });
});

describe('the type of a token', () => {
  it.each([undefined, 'at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', 'jwt', 'application/jwt'])(
    'may be %s by default',
    async typ => {
      const { clock, tokens } = withKeys();
      // jose leaves out a parameter that is undefined.
      const token = await key.sign(claimsOf(ISSUER, clock), { typ } as Partial<JWTHeaderParameters>);
      expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
    },
  );

  it.each([
    ['at+jwt', 'at+jwt', true],
    ['at+jwt', 'application/AT+JWT', true],
    ['application/at+jwt', 'at+jwt', true],
    ['at+jwt', 'JWT', false],
    ['at+jwt', undefined, false],
    ['shop+jwt', 'SHOP+jwt', true],
    ['shop+jwt', 'at+jwt', false],
  ])('where the option is %s may be %s: %s', async (wanted, typ, isAccepted) => {
    const { clock, tokens } = withKeys({ typ: wanted });
    const token = await key.sign(claimsOf(ISSUER, clock), { typ } as Partial<JWTHeaderParameters>);
    if (isAccepted) expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
    else await expectRefusal(tokens, token, 'The token is no access token');
  });
});

describe('the time of a token', () => {
  const seconds = (clock: FakeClock) => Math.floor(clock.wall() / 1_000);

  it.each([
    [20, true],
    [29, true],
    [30, false],
    [40, false],
  ])('may be over by %i s: %s', async (over, isAccepted) => {
    const { clock, tokens, sign } = withKeys();
    const token = await sign({ exp: seconds(clock) - over });
    if (isAccepted) expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
    else await expectRefusal(tokens, token, 'The access token has expired');
  });

  it.each([
    [30, true],
    [31, false],
  ])('may begin in %i s: %s', async (ahead, isAccepted) => {
    const { clock, tokens, sign } = withKeys();
    const token = await sign({ nbf: seconds(clock) + ahead });
    if (isAccepted) expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
    else await expectRefusal(tokens, token, 'The access token is not valid yet');
  });

  it('that has not begun is looked at again for each request', async () => {
    const { clock, tokens, sign } = withKeys();
    const token = await sign({ nbf: seconds(clock) + 31 });
    await expectRefusal(tokens, token, 'The access token is not valid yet');
    clock.advance(1_000);
    expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
  });
});

describe('a remembered token', () => {
  it('is recognised without a promise, and without its key', async () => {
    const { tokens, sign, lookUps } = withKeys();
    const token = await sign();
    const user = tokens.verify(token);
    expect(user).toBeInstanceOf(Promise);
    expect(tokens.verify(token)).toBeInstanceOf(Promise);
    await user;
    const again = tokens.verify(token);
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toEqual(await user);
    expect(lookUps).toEqual(['key', 'key']);
  });

  it('expires at its time', async () => {
    const { clock, tokens, sign } = withKeys();
    const token = await sign({ exp: Math.floor(clock.wall() / 1_000) + 10 });
    await tokens.verify(token);
    clock.advance(39_999);
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' });
    clock.advance(1);
    await expectRefusal(tokens, token, 'The access token has expired');
  });

  it('is verified again after five minutes', async () => {
    const { clock, tokens, sign, lookUps } = withKeys();
    const token = await sign({ exp: Math.floor(clock.wall() / 1_000) + 3_600 });
    await tokens.verify(token);
    clock.advance(299_999);
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' });
    expect(lookUps).toHaveLength(1);
    clock.advance(1);
    expect(await tokens.verify(token)).toMatchObject({ subject: 'alice' });
    expect(lookUps).toHaveLength(2);
  });

  it('is not remembered for longer when the clock jumps back, and expires at once when it jumps ahead', async () => {
    const { clock, tokens, sign, lookUps } = withKeys();
    const token = await sign();
    await tokens.verify(token);
    clock.stepped = -3_600_000;
    clock.advance(299_999);
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' });
    clock.advance(1);
    await tokens.verify(token);
    expect(lookUps).toHaveLength(2);
    clock.stepped = 3_600_000;
    await expectRefusal(tokens, token, 'The access token has expired');
  });

  it('that was refused is refused at once for ten seconds', async () => {
    const { clock, tokens, lookUps } = withKeys();
    const forged = await stranger.sign(claimsOf(ISSUER, clock));
    const failure = await failureOf(tokens, forged);
    for (let i = 0; i < 100; i++) expect(() => tokens.verify(forged)).toThrow(failure);
    clock.advance(9_999);
    expect(() => tokens.verify(forged)).toThrow(failure);
    expect(lookUps).toHaveLength(1);
    clock.advance(1);
    expect(await failureOf(tokens, forged)).toBe(failure);
    expect(lookUps).toHaveLength(2);
  });

  it('is one of a bounded number', async () => {
    const { tokens, sign } = withKeys({ maxRemembered: 20 });
    for (let i = 0; i < 100; i++) {
      await tokens.verify(await sign({ sub: `user ${i}` }));
      expect(tokens.remembered).toBeLessThanOrEqual(20);
    }
    expect(tokens.remembered).toBeGreaterThanOrEqual(10);
  });

  it('is not displaced by a flood of forged ones, whose number is bounded, too', async () => {
    const { clock, tokens, sign } = withKeys({ maxRemembered: 20 });
    const token = await sign();
    await tokens.verify(token);
    const [head, payload] = (await stranger.sign(claimsOf(ISSUER, clock))).split('.');
    for (let i = 0; i < 3_000; i++) {
      await failureOf(tokens, `${head}.${payload}.${Buffer.alloc(64, `${i}.`).toString('base64url')}`);
    }
    expect(tokens.remembered).toBeLessThanOrEqual(1_001);
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' });
  });
});
