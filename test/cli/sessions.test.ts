import { describe, expect, it, onTestFinished } from 'vitest';
import { sessionLines } from '../../src/cli/session-lines.ts';
import { route } from '../support/gateway.ts';
import { startProvider } from '../support/identity-provider.ts';
import { freePort } from '../support/port.ts';
import { runPortico, startPortico } from '../support/portico-process.ts';
import { createProject } from '../support/project.ts';
import { SignInBrowser } from '../support/sign-in-browser.ts';
import { signInFiles } from '../support/sign-in-project.ts';

/** A gateway with sign-in as a process of its own. */
async function running(session: string, ...flags: string[]) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const provider = await startProvider({ redirectUri: `${origin}/auth/callback` });
  const oidc = session === '' ? '' : `scopes: ['openid', 'offline_access'], parameters: { prompt: 'consent' }`;
  const project = await createProject(signInFiles({ origin, issuer: provider.issuer, gateway: '', session, oidc }));
  const args = ['--dir', project.dir, '--port', String(port), '--host', 'localhost', ...flags];
  const portico = startPortico('start', args);
  const { adminUrl } = await portico.ready();
  onTestFinished(async () => {
    await portico[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });
  const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
  return {
    origin,
    issuer: provider.issuer,
    adminUrl,
    sessions: (...rest: string[]) => runPortico(['sessions', ...rest], { env }),
    signIn: async (name: string) => {
      const browser = new SignInBrowser();
      expect((await browser.signIn(`${origin}/page`, name)).status).toBe(200);
      return browser;
    },
    /** On connections of their own, so that any worker may respond. */
    statusesOf: async (browser: SignInBrowser) => {
      const visit = { headers: { Connection: 'close' }, follow: false };
      const views = await Promise.all(Array.from({ length: 12 }, () => browser.visit(`${origin}/page`, visit)));
      return [...new Set(views.map(({ status }) => status))];
    },
  };
}

describe('portico sessions', () => {
  it('lists who is signed in, without tokens and claims, and ends sessions in every worker', async () => {
    const shop = await running(`store: 'disk'`, '--workers', '2');
    const ada = await shop.signIn('ada');
    const adaElsewhere = await shop.signIn('ada');
    const bob = await shop.signIn('bob');
    const { code, out } = await shop.sessions('ls');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^ID +SUBJECT +STARTED +SCOPES +ROLES +TOKENS +ISSUER$/);
    expect(out.match(/ ada +\d+ s ago +openid offline_access +ada +yes /g)).toHaveLength(2);
    const listed = (await shop.sessions('ls', '--user', 'bob', '--json')).out;
    expect(JSON.parse(listed)).toEqual({
      store: 'disk',
      sessions: [
        {
          id: expect.stringMatching(/^[\w-]{22}$/),
          subject: 'bob',
          issuer: shop.issuer,
          startedAt: expect.stringMatching(/^20\d\d-.*Z$/),
          ageSeconds: expect.any(Number),
          scopes: ['openid', 'offline_access'],
          roles: ['bob'],
          hasTokens: true,
        },
      ],
      more: 0,
    });
    const cookie = bob.cookiesOf(shop.origin).get('portico') ?? '';
    expect(cookie).toMatch(/^[\w-]{43}$/);
    for (const secret of [cookie, 'Name of'])
      expect([listed.includes(secret), out.includes(secret)]).toEqual([false, false]);

    const [session] = JSON.parse(listed).sessions;
    expect(await shop.sessions('end', session.id)).toMatchObject({ code: 0, out: 'ended: 1 session' });
    expect(await shop.statusesOf(bob)).toEqual([401]);
    const again = await shop.sessions('end', session.id);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(`404 There is no session ${session.id}`)]);

    expect(await shop.statusesOf(ada)).toEqual([200]);
    expect(await shop.sessions('end', '--user', 'ada')).toMatchObject({ code: 0, out: 'ended: 2 sessions of ada' });
    expect([await shop.statusesOf(ada), await shop.statusesOf(adaElsewhere)]).toEqual([[401], [401]]);

    const eve = await shop.signIn('eve');
    const all = await shop.sessions('end', '--all', '--json');
    expect([all.code, JSON.parse(all.out)]).toEqual([0, { all: true, store: 'disk', ended: 1 }]);
    expect(await shop.statusesOf(eve)).toEqual([401]);
    expect((await shop.sessions('ls')).out).toBe('no sessions: nobody is signed in');
    const metrics = await (await fetch(`${shop.adminUrl}/metrics`)).text();
    expect(metrics).toContain('portico_sessions_begun_total 4');
    expect(metrics).toContain('portico_sessions_ended_total{why="operator"} 4');
  });

  it('says what it can do where the browsers keep the sessions', async () => {
    const shop = await running('');
    const ada = await shop.signIn('ada');
    expect(await shop.sessions('ls')).toMatchObject({
      code: 0,
      out: expect.stringContaining('The browsers keep the sessions'),
    });
    const byId = await shop.sessions('end', '-'.padEnd(22, 'a'));
    expect([byId.code, byId.out]).toEqual([0, expect.stringContaining('if there is one')]);
    expect(await shop.statusesOf(ada)).toEqual([200]);
    const byUser = await shop.sessions('end', '--user', 'ada');
    expect([byUser.code, byUser.out]).toEqual([0, expect.stringContaining('ended: the sessions of ada')]);
    expect(await shop.statusesOf(ada)).toEqual([401]);
    const all = await shop.sessions('end', '--all');
    expect([all.code, all.err]).toEqual([1, expect.stringMatching(/409 .*replace the key in `session.keys`/)]);
  });

  it('has nothing to list in a gateway without sign-in', async () => {
    const project = await createProject({ 'routes/a.get.ts': route(`{ handler: () => 'a' }`) });
    await using portico = startPortico('start', ['--dir', project.dir, '--workers', '1']);
    const { adminUrl } = await portico.ready();
    const env = { PORTICO_ADMIN_PORT: new URL(adminUrl).port };
    for (const args of [['ls'], ['end', '--all']]) {
      const { code, err } = await runPortico(['sessions', ...args], { env });
      expect([code, err]).toEqual([1, expect.stringContaining('404 This gateway has no sessions')]);
    }
    await project[Symbol.asyncDispose]();
  });
});

it('the list of sessions says how many more there are, and passes no control characters on', () => {
  const session = {
    id: 'a'.repeat(22),
    subject: 'eve\u001b[2J',
    issuer: 'https://id.example',
    startedAt: '2026-01-01T00:00:00.000Z',
    ageSeconds: 7_300,
    scopes: [],
    roles: ['\u202eadmin'],
    hasTokens: false,
  };
  expect(sessionLines({ store: 'redis', sessions: [session], more: 12 }).slice(1)).toEqual([
    `${'a'.repeat(22)}  eve\\u{1b}[2J  2 h ago  –       \\u{202e}admin  no      https://id.example`,
    'and 12 more',
  ]);
});
