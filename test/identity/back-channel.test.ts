import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { CookieSessions } from '../../src/identity/session/cookie-sessions.ts';
import { startBackend } from '../support/backend.ts';
import { CLIENT } from '../support/identity-provider.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';
import { startWebSocketBackend, type WebSocketBackend } from '../support/web-socket.ts';

const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} };

interface LogoutShop extends SignInProject {
  readonly sockets: WebSocketBackend;
}

async function logoutShop(session: string): Promise<LogoutShop> {
  const sockets = await startWebSocketBackend();
  const events = await startBackend((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: hello\n\n');
  });
  const lines = await startBackend((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'application/x-ndjson' }).write('{}\n');
  });
  const shop = await signInProject({
    session,
    files: {
      'routes/live.get.ts': route(`{ auth: 'required', proxy: '${sockets.url}' }`),
      'routes/lines.get.ts': route(`{ auth: 'required', proxy: '${lines.url}' }`),
      'routes/events.get.ts': route(`{ auth: 'required', proxy: '${events.url}' }`),
    },
  });
  onTestFinished(async () => {
    await shop[Symbol.asyncDispose]();
    await sockets[Symbol.asyncDispose]();
    await events[Symbol.asyncDispose]();
    await lines[Symbol.asyncDispose]();
  });
  return { ...shop, sockets };
}

function route(definition: string): string {
  return `import { defineRoute } from 'portico';\nexport default defineRoute(${definition});\n`;
}

async function signedIn(shop: SignInProject, name: string): Promise<SignInBrowser> {
  const browser = new SignInBrowser();
  await browser.signIn(`${shop.url}/page`, name);
  return browser;
}

function cookieOf(browser: SignInBrowser, shop: SignInProject): string {
  return `portico=${browser.cookiesOf(shop.url).get('portico')}`;
}

async function logOut(shop: SignInProject, token: string): Promise<Response> {
  return await fetch(`${shop.url}/auth/backchannel`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  });
}

describe.each(["store: 'cookie'", "store: 'disk'"])('a logout at the provider, with %s', session => {
  it('ends the sessions of that user everywhere, with what is open for them, and no others', async () => {
    const shop = await logoutShop(session);
    const [ada, grace] = await Promise.all([signedIn(shop, 'ada'), signedIn(shop, 'grace')]);
    const open = async (browser: SignInBrowser) => {
      const headers = { Cookie: cookieOf(browser, shop), Origin: shop.url };
      const socket = new WebSocket(`${shop.url.replace('http', 'ws')}/live`, { headers });
      await once(socket, 'open');
      const stream = await fetch(`${shop.url}/events`, { headers });
      return { socket, stream };
    };
    const lines = await fetch(`${shop.url}/lines`, { headers: { Cookie: cookieOf(ada, shop) } });
    const [ofAda, ofGrace] = await Promise.all([open(ada), open(grace)]);
    const socketEnded = once(ofAda.socket, 'close');
    // The provider's own logout calls the gateway.
    const token = await shop.provider.logoutToken({ sub: 'ada', events: EVENT });
    expect((await logOut(shop, token)).status).toBe(200);
    await socketEnded;
    await expect(ofAda.stream.text()).rejects.toThrow();
    await expect(lines.text()).rejects.toThrow();
    expect((await ada.visit(`${shop.url}/page`)).status).toBe(401);
    expect((await grace.visit(`${shop.url}/page`)).status).toBe(200);
    expect(ofGrace.socket.readyState).toBe(WebSocket.OPEN);
    ofGrace.socket.close();
    await ofGrace.stream.body?.cancel();
    // Who signs in again is signed in.
    expect((await ada.signIn(`${shop.url}/page`, 'ada')).status).toBe(200);
  });

  it('ends one session of the provider, and leaves the others of the user', async () => {
    const shop = await logoutShop(session);
    const [first, second] = await Promise.all([signedIn(shop, 'ada'), signedIn(shop, 'ada')]);
    const sid = shop.provider.sids.at(-1);
    await logOut(shop, await shop.provider.logoutToken({ sub: 'ada', sid, events: EVENT }));
    const statuses = [await first.visit(`${shop.url}/page`), await second.visit(`${shop.url}/page`)].map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([200, 401]);
  });
});

describe('a logout token', () => {
  let shop: SignInProject;
  beforeAll(async () => {
    shop = await signInProject();
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it('that could not be followed may come again', async () => {
    const browser = await signedIn(shop, 'ada');
    const token = await shop.provider.logoutToken({ sub: 'ada', events: EVENT });
    const ended = vi.spyOn(CookieSessions.prototype, 'endAll').mockRejectedValueOnce(new Error('the store is away'));
    expect((await logOut(shop, token)).status).toBe(500);
    ended.mockRestore();
    expect((await logOut(shop, token)).status).toBe(200);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(401);
  });

  it('is used once', async () => {
    const token = await shop.provider.logoutToken({ sub: 'ada', events: EVENT });
    expect((await logOut(shop, token)).status).toBe(200);
    expect((await logOut(shop, token)).status).toBe(400);
  });

  it.each([
    ['a nonce', { sub: 'ada', events: EVENT, nonce: 'n' }],
    ['no events', { sub: 'ada' }],
    ['other events', { sub: 'ada', events: { 'https://other.example': {} } }],
    ['an event that is no object', { sub: 'ada', events: { 'http://schemas.openid.net/event/backchannel-logout': 1 } }],
    ['another audience', { sub: 'ada', events: EVENT, aud: 'another' }],
    ['another issuer', { sub: 'ada', events: EVENT, iss: 'https://evil.example' }],
    ['nobody', { events: EVENT }],
    ['an id that is missing', { sub: 'ada', events: EVENT, jti: undefined }],
    ['a time that is long ago', { sub: 'ada', events: EVENT, iat: 1_000 }],
    ['a time that is over', { sub: 'ada', events: EVENT, exp: 1_000 }],
  ])('with %s is refused', async (_, claims) => {
    const browser = await signedIn(shop, 'ada');
    expect((await logOut(shop, await shop.provider.logoutToken(claims))).status).toBe(400);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(200);
  });

  it.each([
    ['none', async () => `${part({ alg: 'none' })}.${part(payload())}.`],
    [
      'HS256 with the public key',
      async () => signed('HS256', Buffer.from(JSON.stringify(await shop.provider.publicKey()))),
    ],
    ["HS256 with the gateway's secret", async () => signed('HS256', Buffer.from(CLIENT.secret))],
    [
      'the key of somebody else',
      async () => signed('RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey),
    ],
  ])('signed by %s is refused', async (_, make) => {
    expect((await logOut(shop, await make())).status).toBe(400);
  });

  it.each(['', 'x', 'a.b.c'])('%j is refused', async token => {
    expect((await logOut(shop, token)).status).toBe(400);
  });

  it('is in a form, and that is small', async () => {
    const at = `${shop.url}/auth/backchannel`;
    expect((await fetch(at, { method: 'POST', body: 'logout_token=a&logout_token=b' })).status).toBe(400);
    expect((await fetch(at, { method: 'POST', body: `logout_token=${'x'.repeat(100_000)}` })).status).toBe(413);
    expect((await fetch(at)).status).toBe(405);
  });

  const payload = () => ({
    iss: shop.provider.issuer,
    aud: CLIENT.id,
    iat: Math.floor(Date.now() / 1_000),
    jti: crypto.randomUUID(),
    sub: 'ada',
    events: EVENT,
  });

  function part(value: unknown): string {
    return Buffer.from(JSON.stringify(value)).toString('base64url');
  }

  async function signed(alg: string, key: KeyObject | Uint8Array): Promise<string> {
    const { kid } = (await shop.provider.publicKey()) as { kid: string };
    return await new SignJWT(payload()).setProtectedHeader({ alg, kid }).sign(key);
  }
});
