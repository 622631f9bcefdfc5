import { fileURLToPath } from 'node:url';
import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { gatewayPort } from '../../demo/gateway-port.ts';
import { accountIdOf, accountOf } from '../../demo/identity/accounts.ts';
import { IdentityStorage } from '../../demo/identity/storage.ts';
import { type Shop, startShop } from '../../demo/shop.ts';
import { PorticoProcess } from '../support/portico-process.ts';
import { testResources } from '../support/resources.ts';

const { own } = testResources();

async function openShop(): Promise<Shop> {
  const shop = await startShop();
  own({ [Symbol.asyncDispose]: () => shop.close() });
  return shop;
}

describe('the origin of the shop', () => {
  it.each<[readonly string[], Record<string, string>, number]>([
    [[], {}, 8080],
    [[], { PORT: '9001' }, 9001],
    [[], { PORT: '' }, 8080],
    [['--json', '--port', '9002', '--workers', '2'], { PORT: '9001' }, 9002],
    [['--port=9003'], {}, 9003],
  ])('has the port of %j and %j: %i', async (args, env, port) => {
    expect(await gatewayPort(args, env)).toEqual({ port, flags: [] });
  });

  it('has a free port instead of 0, on which the gateway then has to listen', async () => {
    const { port, flags } = await gatewayPort(['--port', '0'], {});
    expect(port).toBeGreaterThan(0);
    expect(flags).toEqual(['--port', String(port)]);
  });

  it('is where the sign-in leads back to, also on a port that the system chose', async () => {
    const bin = fileURLToPath(new URL('../../demo/start.ts', import.meta.url));
    await using shop = new PorticoProcess(['start', '--port', '0', '--admin-port', '0', '--json'], { bin });
    const { url } = await shop.ready();
    const response = await fetch(new URL('/auth/login', url), { redirect: 'manual' });
    const { searchParams } = new URL(response.headers.get('location') ?? '');
    expect(searchParams.get('redirect_uri')).toBe(`http://localhost:${new URL(url).port}/auth/callback`);
    // The provider warns of keys, storage and pages that are for development only, where it has no others.
    expect(shop.err).toBe('');
  });
});

describe('an account of the shop', () => {
  it.each([
    ['Ada', 'ada', 'Ada'],
    ['  GRACE hopper ', 'grace-hopper', 'Grace Hopper'],
    ['Åsa', 'åsa', 'Åsa'],
    ['<b>Eve</b>', 'b-eve-b', 'B Eve B'],
  ])('of %j is %j, called %j', async (text, id, name) => {
    expect(accountIdOf(text)).toBe(id);
    expect(await accountOf(id).claims('id_token', 'openid', {}, [])).toEqual({ sub: id, name });
  });

  it.each(['', '   ', '42', '…'])('does not exist for %j', text => {
    expect(accountIdOf(text)).toBeUndefined();
  });
});

describe('what the identity provider remembers', () => {
  it('ends with its time, or with its grant', async () => {
    const storage = new IdentityStorage();
    await storage.upsert('over', { uid: 'a' }, 0);
    await storage.upsert('kept', { uid: 'b', grantId: 'g' }, 60);
    expect(await storage.find('over')).toBeUndefined();
    expect(await storage.findByUid('a')).toBeUndefined();
    expect(await storage.findByUid('b')).toMatchObject({ grantId: 'g' });
    await storage.consume('kept');
    expect(await storage.find('kept')).toMatchObject({ consumed: expect.any(Number) });
    await storage.revokeByGrantId('g');
    expect(await storage.find('kept')).toBeUndefined();
  });
});

describe("a user's cart", () => {
  const cartOf = (shop: Shop, headers: Record<string, string> = {}) =>
    fetch(`${shop.env.CART_TARGETS}/my/cart`, { headers }).then(({ status }) => status);

  it('is not shown without a token of the provider, whatever a header says', async () => {
    const shop = await openShop();
    expect(await cartOf(shop)).toBe(401);
    expect(await cartOf(shop, { 'X-User': 'ada', Authorization: 'Bearer ada' })).toBe(401);
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await new SignJWT({ iss: shop.env.SHOP_ISSUER ?? '', aud: 'urn:lintel:cart', sub: 'ada' })
      .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'lintel' })
      .setExpirationTime('1m')
      .sign(privateKey);
    expect(await cartOf(shop, { Authorization: `Bearer ${forged}` })).toBe(401);
  });

  it('is verified with the keys that the provider publishes, which are no private ones', async () => {
    const shop = await openShop();
    const response = await fetch(`${shop.env.SHOP_ISSUER}/jwks`);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toMatchObject([{ kid: 'lintel', alg: 'RS256' }]);
    expect(keys[0]).not.toHaveProperty('d');
  });
});

describe('the secrets of the shop', () => {
  it('are others at each start', async () => {
    const [one, other] = [await openShop(), await openShop()];
    for (const name of ['SHOP_CLIENT_SECRET', 'SHOP_SESSION_KEYS']) {
      expect(one.env[name]).toMatch(/^[\da-f]{64}$/);
      expect(one.env[name]).not.toBe(other.env[name]);
    }
  });
});
