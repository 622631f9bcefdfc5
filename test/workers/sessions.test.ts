import { describe, expect, it, onTestFinished } from 'vitest';
import { startBackend } from '../support/backend.ts';
import { startProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/port.ts';
import { PorticoProcess } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { noRedis, TestRedis } from '../support/redis.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { signInFiles } from '../support/sign-in-project.ts';

const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' };

interface Workers {
  readonly url: string;
  readonly adminUrl: string;
  readonly provider: Awaited<ReturnType<typeof startProvider>>;
  readonly process: PorticoProcess;
  readonly project: Awaited<ReturnType<typeof createProject>>;
  refuse(token: string): void;
  readonly received: readonly string[];
}

/** The real command with workers, whose stock refuses a token that the test names. */
async function workers(count: number, session: string, gateway = ''): Promise<Workers> {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const provider = await startProvider({ redirectUri: `${url}/auth/callback`, backChannel: `${url}/auth/backchannel` });
  const received: string[] = [];
  let refused: string | undefined;
  const backend = await startBackend((req, res) => {
    const token = req.headers.authorization ?? '';
    received.push(token);
    if (token === refused) res.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end();
    else res.end('stock');
  });
  const project = await createProject({
    ...signInFiles({
      origin: url,
      issuer: provider.issuer,
      session,
      gateway,
      oidc: session.includes('disk') ? `scopes: ['openid', 'offline_access'], parameters: { prompt: 'consent' }` : '',
    }),
    ...(session.includes('disk') ? filesOfStock(backend.url) : {}),
  });
  const args = [
    'start',
    '--dir',
    project.dir,
    '--host',
    'localhost',
    '--port',
    `${port}`,
    '--admin-port',
    '0',
    '--json',
  ];
  const process = new PorticoProcess([...args, '--workers', `${count}`]);
  const { adminUrl } = await process.ready();
  onTestFinished(async () => {
    await process[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });
  return {
    url,
    adminUrl,
    provider,
    process,
    project,
    received,
    refuse: token => {
      refused = token;
    },
  };
}

/** A service with the token of the user. */
function filesOfStock(url: string): Record<string, string> {
  return {
    'services.ts': `import { defineService } from 'portico';
      export const stock = defineService('stock', { targets: ['${url}'], token: 'user' });\n`,
    'routes/stock.get.ts': `import { defineRoute } from 'portico';
      import { stock } from '#services';
      export default defineRoute({ auth: 'required', proxy: stock });\n`,
  };
}

/** Requests on connections of their own, so that every worker gets some. */
async function statuses(browser: SignInBrowser, url: string, count: number): Promise<readonly number[]> {
  const visits = Array.from({ length: count }, () => browser.copy().visit(url, { headers: { Connection: 'close' } }));
  return (await Promise.all(visits)).map(({ status }) => status);
}

describe('four workers', () => {
  it('renew the token of a session once', async () => {
    const shop = await workers(4, `store: 'disk'`);
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/stock`, 'ada');
    shop.refuse(shop.received.at(-1) ?? '');
    expect(await statuses(browser, `${shop.url}/stock`, 20)).toEqual(new Array(20).fill(200));
    expect(shop.provider.grants.refresh_token).toBe(1);
  });

  it('refuse the copy of a cookie after the logout at one of them, also after a reload', async () => {
    const shop = await workers(4, `store: 'cookie'`);
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const stolen = browser.copy();
    expect(await statuses(stolen, `${shop.url}/page`, 8)).toEqual(new Array(8).fill(200));
    await browser.visit(`${shop.url}/auth/logout`, { method: 'POST', headers: OWN_PAGE, follow: false });
    await expect.poll(() => statuses(stolen, `${shop.url}/page`, 8)).toEqual(new Array(8).fill(401));
    shop.process.child.kill('SIGHUP');
    await shop.process.event('reloaded');
    await expect.poll(() => statuses(stolen, `${shop.url}/page`, 8)).toEqual(new Array(8).fill(401));
  });
});

describe.skipIf(noRedis !== undefined)(`two hosts on one Redis ${noRedis ?? ''}`, () => {
  it('refuse the copy of a cookie after the logout at one of them', async () => {
    const redis = await TestRedis.start();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    const shop = await workers(1, `store: 'cookie'`, `cache: { redis: '${redis.url}' },`);
    const port = await freePort();
    const other = new PorticoProcess([
      'start',
      '--dir',
      shop.project.dir,
      '--port',
      `${port}`,
      '--admin-port',
      '0',
      '--json',
    ]);
    onTestFinished(() => other[Symbol.asyncDispose]());
    const { url } = await other.ready();
    const browser = new SignInBrowser();
    await browser.signIn(`${shop.url}/page`, 'ada');
    const there = new SignInBrowser();
    there.cookies.set(new URL(url).host, new Map(browser.cookiesOf(shop.url)));
    expect((await there.visit(`${url}/page`)).status).toBe(200);
    await browser.visit(`${shop.url}/auth/logout`, { method: 'POST', headers: OWN_PAGE, follow: false });
    await expect.poll(async () => (await there.visit(`${url}/page`)).status).toBe(401);
  });
});
