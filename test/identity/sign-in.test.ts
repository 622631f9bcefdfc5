import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAVIGATION, SignInBrowser } from '../support/sign-in-browser.ts';
import { type SignInProject, signInProject } from '../support/sign-in-project.ts';

/** The state of a sign-in that a browser has begun. */
async function begun(browser: SignInBrowser, url: string): Promise<URL> {
  const view = await browser.visit(url, { ...NAVIGATION, follow: false });
  return new URL(view.headers.get('location') ?? '');
}

/** The address with which the provider sends a browser back, which does not follow it. */
async function callbackOf(browser: SignInBrowser, shop: SignInProject, name: string): Promise<URL> {
  let callback: URL | undefined;
  const watched = browser.watching(url => {
    if (url.startsWith(`${shop.url}/auth/callback`)) callback = new URL(url);
    return callback !== undefined;
  });
  await watched.signIn(`${shop.url}/auth/login`, name);
  if (callback === undefined) throw new Error('the provider does not lead back');
  return callback;
}

describe('sign-in', () => {
  let shop: SignInProject;
  beforeAll(async () => {
    shop = await signInProject();
  });
  afterAll(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it('leads from a page to the provider and back, and the page knows the user', async () => {
    const page = await new SignInBrowser().signIn(`${shop.url}/page?x=1`, 'ada');
    expect(page.url).toBe(`${shop.url}/page?x=1`);
    expect(JSON.parse(page.text)).toMatchObject({ subject: 'ada', claims: { name: 'Name of ada' }, roles: ['ada'] });
    expect(page.headers.get('cache-control')).toBe('private');
  });

  it('uses the code flow with PKCE, state, nonce and one redirect address, whatever Host says', async () => {
    const view = await new SignInBrowser().visit(`${shop.url}/auth/login`, {
      headers: { Host: 'evil.example' },
      follow: false,
    });
    const { searchParams } = new URL(view.headers.get('location') ?? '');
    expect(Object.fromEntries(searchParams)).toEqual({
      client_id: 'shop',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${shop.url}/auth/callback`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('answers a script with 401 and the address of the sign-in, since it cannot follow to another site', async () => {
    const view = await new SignInBrowser().visit(`${shop.url}/page?x=1`, { headers: { 'Sec-Fetch-Mode': 'cors' } });
    expect(view.status).toBe(401);
    expect(view.headers.get('www-authenticate')).toBe('Session');
    expect(JSON.parse(view.text)).toMatchObject({
      code: 'request.unauthorized',
      login: `/auth/login?to=${encodeURIComponent('/page?x=1')}`,
    });
  });

  it('loads a page once more for a link from another site, since the cookie was withheld', async () => {
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const headers = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'cross-site' };
    // A browser sends no Strict cookie with this one.
    const first = await new SignInBrowser().visit(`${shop.url}/page?x=1`, { headers, follow: false });
    expect([first.status, first.headers.get('refresh')]).toEqual([200, '0;url=/page?x=1']);
    const second = await browser.visit(`${shop.url}/page?x=1`, NAVIGATION);
    expect(JSON.parse(second.text).subject).toBe('ada');
  });

  it('recognises a user where it is optional, and serves everybody else', async () => {
    const browser = new SignInBrowser();
    const before = await browser.visit(`${shop.url}/open`);
    expect(JSON.parse(before.text)).toEqual({ user: 'nobody' });
    expect(before.headers.get('cache-control')).toBe('private');
    await browser.signIn(`${shop.url}/page`, 'grace');
    expect(JSON.parse((await browser.visit(`${shop.url}/open`)).text)).toEqual({ user: 'grace' });
  });

  it.each([
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/a\r\nSet-Cookie: x=y', '/'],
    ['/.//evil.example', '/'],
    ['/auth/login?to=/', '/'],
    ['javascript:alert(1)', '/'],
    ['/page?a=1&b=%2F#top', '/page?a=1&b=%2F#top'],
  ])('returns from a sign-in for %j to %j', async (to, expected) => {
    const browser = new SignInBrowser();
    const watched = browser.watching(url => url.startsWith(shop.url) && !url.includes('/auth/'));
    const page = await watched.signIn(`${shop.url}/auth/login?to=${encodeURIComponent(to)}`, 'ada');
    expect(page.url).toContain('/auth/callback');
    expect(page.headers.get('refresh')).toBe(`0;url=${expected}`);
  });

  describe('refuses with 400', () => {
    it('a state that this browser did not begin, and one that another browser began', async () => {
      const browser = new SignInBrowser();
      const callback = await callbackOf(browser, shop, 'ada');
      const stranger = await new SignInBrowser().visit(callback.href);
      expect(stranger.status).toBe(400);
      callback.searchParams.set('state', 'x'.repeat(43));
      const wrong = await browser.visit(callback.href);
      expect([wrong.status, JSON.parse(wrong.text).code]).toEqual([400, 'signin.failed']);
    });

    it('a code of another sign-in, whose nonce and verifier differ', async () => {
      const browser = new SignInBrowser();
      const callback = await callbackOf(browser, shop, 'ada');
      const other = await callbackOf(browser, shop, 'mallory');
      callback.searchParams.set('code', other.searchParams.get('code') ?? '');
      expect((await browser.visit(callback.href)).status).toBe(400);
    });

    it('an ID token for another nonce, for nobody, or of another issuer', async () => {
      const { provider } = shop;
      const right = { sub: 'ada', aud: 'shop' };
      for (const wrong of [
        { nonce: 'another' },
        { nonce: undefined },
        { iss: 'https://evil.example' },
        { aud: 'other' },
      ]) {
        const browser = new SignInBrowser();
        const callback = await callbackOf(browser, shop, 'ada');
        const token = await provider.signed({ ...right, ...wrong });
        provider.misbehave((path, respond) => {
          if (path === '/token')
            respond(200, JSON.stringify({ access_token: 'a', token_type: 'Bearer', id_token: token }));
          return path === '/token';
        });
        const view = await browser.visit(callback.href, { follow: false });
        provider.misbehave(undefined);
        expect([wrong, view.status, browser.cookiesOf(shop.url).has('portico')]).toEqual([wrong, 400, false]);
      }
    });

    it('an issuer that is another one, or missing', async () => {
      const browser = new SignInBrowser();
      const callback = await callbackOf(browser, shop, 'ada');
      expect(callback.searchParams.get('iss')).toBe(shop.provider.issuer);
      for (const iss of ['https://evil.example', undefined]) {
        const forged = new URL(callback);
        if (iss === undefined) forged.searchParams.delete('iss');
        else forged.searchParams.set('iss', iss);
        expect((await browser.copy().visit(forged.href)).status).toBe(400);
      }
      expect((await browser.visit(callback.href, { follow: false })).status).toBe(200);
    });

    it('a callback that comes twice, also from a copy of the browser', async () => {
      const browser = new SignInBrowser();
      const callback = await callbackOf(browser, shop, 'ada');
      const copy = browser.copy();
      expect((await browser.visit(callback.href, { follow: false })).status).toBe(200);
      expect((await browser.visit(callback.href)).status).toBe(400);
      expect((await copy.visit(callback.href)).status).toBe(400);
    });
  });

  it('lets two tabs sign in at once', async () => {
    const browser = new SignInBrowser();
    const first = await callbackOf(browser, shop, 'ada');
    const second = await callbackOf(browser, shop, 'ada');
    expect((await browser.visit(first.href, { follow: false })).status).toBe(200);
    expect((await browser.visit(second.href, { follow: false })).status).toBe(200);
    expect(JSON.parse((await browser.visit(`${shop.url}/page`)).text).subject).toBe('ada');
  });

  it('keeps at most five cookies of sign-ins that were given up', async () => {
    const browser = new SignInBrowser();
    for (let i = 0; i < 20; i++) await begun(browser, `${shop.url}/auth/login`);
    expect(browser.cookiesOf(shop.url).size).toBe(5);
    const last = await callbackOf(browser, shop, 'ada');
    expect((await browser.visit(last.href, { follow: false })).status).toBe(200);
  });

  it('answers a user who did not agree with 403, and does not try again', async () => {
    const browser = new SignInBrowser();
    const state = (await begun(browser, `${shop.url}/auth/login`)).searchParams.get('state') ?? '';
    const { issuer } = shop.provider;
    const denied = await browser.visit(
      `${shop.url}/auth/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(issuer)}`,
      NAVIGATION,
    );
    expect([denied.status, denied.url.includes('/auth/callback')]).toEqual([403, true]);
    expect(denied.text).toContain('signin.denied');
  });

  it('gives each sign-in a session of its own, and ends the one before', async () => {
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const before = browser.copy();
    const old = browser.cookiesOf(shop.url).get('portico');
    // No browser sends the Strict cookie with the way back from the provider.
    const callback = await callbackOf(browser, shop, 'ada');
    browser.cookies.get(new URL(shop.url).host)?.delete('portico');
    await browser.visit(callback.href);
    expect(browser.cookiesOf(shop.url).get('portico')).not.toBe(old);
    expect((await before.visit(`${shop.url}/page`)).status).toBe(401);
    expect((await browser.visit(`${shop.url}/page`)).status).toBe(200);
  });

  it('says at /auth/me who is signed in', async () => {
    const browser = new SignInBrowser();
    const nobody = await browser.visit(`${shop.url}/auth/me`);
    expect([nobody.status, JSON.parse(nobody.text).login]).toEqual([401, '/auth/login']);
    await browser.signIn(`${shop.url}/page`, 'ada');
    const me = await browser.visit(`${shop.url}/auth/me`);
    expect(me.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(me.text)).toMatchObject({ issuer: shop.provider.issuer, subject: 'ada', roles: ['ada'] });
  });

  it('ends a session at the logout, also that of a copied cookie, and leads to the provider', async () => {
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const stolen = browser.copy();
    const left = await browser.visit(`${shop.url}/auth/logout`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' },
      follow: false,
    });
    const location = new URL(left.headers.get('location') ?? '');
    expect([left.status, location.origin]).toEqual([303, shop.provider.issuer]);
    expect(location.searchParams.get('post_logout_redirect_uri')).toBe(`${shop.url}/`);
    expect(browser.cookiesOf(shop.url).get('portico')).toBeUndefined();
    expect((await stolen.visit(`${shop.url}/page`)).status).toBe(401);
  });

  it('gives a script that signs out the address as data', async () => {
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const left = await browser.visit(`${shop.url}/auth/logout`, {
      method: 'POST',
      headers: { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors' },
    });
    expect(left.status).toBe(200);
    expect(new URL(JSON.parse(left.text).location).origin).toBe(shop.provider.issuer);
  });

  it('has a cookie that scripts and other sites do not get, of less than 3.9 kB', async () => {
    const browser = new SignInBrowser();
    const watched = browser.watching(url => url.startsWith(shop.url) && !url.includes('/auth/'));
    const page = await watched.signIn(`${shop.url}/auth/login`, 'ada');
    const [session = ''] = page.headers.getSetCookie().filter(line => line.startsWith('portico='));
    expect(session).toMatch(/; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
    expect(session.split(';')[0]?.length).toBeLessThan(3_900);
  });
});

describe('sign-in of a gateway with https', () => {
  it('has a cookie that only this host can set, and that no plain connection carries', async () => {
    await using shop = await signInProject({ origin: 'https://shop.example' });
    const view = await new SignInBrowser().visit(`${shop.url}/auth/login`, { follow: false });
    const [login = ''] = view.headers.getSetCookie();
    expect(login).toMatch(/^__Host-portico-login-[\w-]+=[\w-]+; Path=\/; Max-Age=600; HttpOnly; Secure; SameSite=Lax$/);
    const { searchParams } = new URL(view.headers.get('location') ?? '');
    expect(searchParams.get('redirect_uri')).toBe('https://shop.example/auth/callback');
  });
});

describe('sign-in with claims that do not fit into a cookie', () => {
  it('is an error that says what to do', async () => {
    await using shop = await signInProject({ claims: { picture: 'x'.repeat(4_000) } });
    const page = await new SignInBrowser().signIn(`${shop.url}/page`, 'ada');
    expect(page.status).toBe(500);
    expect(page.text).toContain('session.too_large');
  });

  it('works with the claims that the team keeps', async () => {
    await using shop = await signInProject({
      claims: { picture: 'x'.repeat(4_000) },
      oidc: `claims: ['name']`,
    });
    const page = await new SignInBrowser().signIn(`${shop.url}/page`, 'ada');
    expect(JSON.parse(page.text).claims).toEqual({ name: 'Name of ada' });
  });
});

describe('an identity provider', () => {
  it('that is down at the start: the gateway serves what needs no sign-in, and signs in once it is there', async () => {
    await using shop = await signInProject({ isProviderDown: true });
    const browser = new SignInBrowser();
    expect((await browser.visit(`${shop.url}/open`)).status).toBe(200);
    const page = await browser.visit(`${shop.url}/auth/login`, NAVIGATION);
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
    await shop.provider.start();
    await expect
      .poll(async () => (await browser.signIn(`${shop.url}/page`, 'ada')).status, { timeout: 10_000 })
      .toBe(200);
  });

  it('that writes its name with another slash is not used, since no logout would find its sessions', async () => {
    await using shop = await signInProject({ issuer: provider => `${provider}/` });
    const view = await new SignInBrowser().visit(`${shop.url}/auth/login`);
    expect(view.status).toBe(503);
  });

  it('that lies about its issuer is not used', async () => {
    await using shop = await signInProject({ isProviderDown: true });
    const { issuer } = shop.provider;
    const document = {
      issuer: 'https://evil.example',
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
    };
    shop.provider.misbehave((path, respond) => {
      if (!path.startsWith('/.well-known/')) return false;
      respond(200, JSON.stringify(document));
      return true;
    });
    await shop.provider.start();
    const answered = await new SignInBrowser().visit(`${shop.url}/auth/login`);
    expect(answered.status).toBe(503);
  });

  it('that fails during a callback is 503, and the sign-in can be begun again', async () => {
    await using shop = await signInProject();
    const browser = new SignInBrowser();
    const callback = await callbackOf(browser, shop, 'ada');
    shop.provider.misbehave((path, respond) => {
      if (path !== '/token') return false;
      respond(500, 'broken');
      return true;
    });
    expect((await browser.visit(callback.href)).status).toBe(503);
    shop.provider.misbehave(undefined);
    expect((await browser.signIn(`${shop.url}/page`, 'ada')).status).toBe(200);
  });
});
