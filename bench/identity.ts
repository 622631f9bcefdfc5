import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Handler, Stage } from '../src/core/handler.ts';
import { HeaderList } from '../src/core/headers/header-list.ts';
import { type Clock, fractionalNow, systemClock } from '../src/core/ports/clock.ts';
import { RateCounts } from '../src/core/rate-counts.ts';
import { emptyReply } from '../src/core/reply.ts';
import { createGateway } from '../src/gateway.ts';
import { GatewayIdentity, NO_TOKENS } from '../src/identity/gateway-identity.ts';
import { BearerTokens } from '../src/identity/jwt/bearer-tokens.ts';
import { ProviderKeys } from '../src/identity/jwt/provider-keys.ts';
import { CookieSessions } from '../src/identity/session/cookie-sessions.ts';
import { EndedSessions } from '../src/identity/session/ended-sessions.ts';
import { KeyRing } from '../src/identity/session/key-ring.ts';
import { SessionCookie } from '../src/identity/session/session-cookie.ts';
import { SessionTimes } from '../src/identity/session/session-times.ts';
import type { Sessions } from '../src/identity/session/sessions.ts';
import { StoredSessions } from '../src/identity/session/stored-sessions.ts';
import { AllowedPages } from '../src/middleware/allowed-origins.ts';
import { auth } from '../src/middleware/auth.ts';
import { CorsRule, cors } from '../src/middleware/cors.ts';
import { csrf } from '../src/middleware/csrf.ts';
import { openRedis } from '../src/policies/cache/storage/redis/redis.ts';
import { rateLimit } from '../src/policies/rate-limit/stage.ts';
import { exchange } from '../test/support/exchange.ts';
import { startProvider } from '../test/support/identity-provider.ts';
import { freePort } from '../test/support/port.ts';
import { createProject } from '../test/support/project.ts';
import { noRedis, TestRedis } from '../test/support/redis.ts';
import { SignInBrowser } from '../test/support/sign-in-browser.ts';
import { signInFiles } from '../test/support/sign-in-project.ts';

// What it costs to know who sends a request: CPU of this process for each stage, as the median of several rounds.

const ROUNDS = 9;
/** Results go somewhere, so that no call is left out. */
const sink: { last: unknown } = { last: undefined };
const nothing = (i: number): unknown => i;
const REPLY = emptyReply(204);
const END: Handler = () => REPLY;
const USER = {
  issuer: 'https://login.example',
  subject: 'ada',
  claims: { name: 'Ada', email: 'ada@example.org' },
  scopes: ['openid'],
  roles: ['staff'],
};
const TIMES = new SessionTimes(8 * 3_600_000, 7 * 86_400_000);
const COOKIE = new SessionCookie('https://shop.example', 'strict');
const KEYS = new KeyRing([randomBytes(32)]);

function line(what: string, measured: string, wanted: string): void {
  console.log(`${what.padEnd(44)}  ${measured.padStart(10)}  ${wanted.padStart(10)}`);
}

function micro(value: number): string {
  return `${value.toFixed(2)} µs`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** CPU time of one call, in microseconds, without that of an empty loop. */
function costOf(count: number, call: (i: number) => unknown): number {
  const round = (work: (i: number) => unknown): number => {
    const before = process.cpuUsage();
    for (let i = 0; i < count; i++) sink.last = work(i);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  round(call);
  return median(Array.from({ length: ROUNDS }, () => round(call) - round(nothing)));
}

/** The cost of a stage beyond that of the end of the chain. */
function costOfStage(stage: Stage, x: Parameters<Handler>[0]): number {
  const handler = stage(END);
  return costOf(200_000, () => handler(x)) - costOf(200_000, () => END(x));
}

async function stages(): Promise<void> {
  const own = new HeaderList([
    'Origin',
    'https://shop.example',
    'Cookie',
    'theme=dark',
    'Sec-Fetch-Site',
    'same-origin',
  ]);
  const pages = new AllowedPages({ own: 'https://shop.example', allowed: [] });
  const ofCsrf = costOfStage(csrf({ pages, needsSession: true }), exchange({ method: 'POST', headers: own }));
  const rule = new CorsRule({ origins: ['https://app.example'], credentials: true });
  const ofCors = costOfStage(cors(rule), exchange({ headers: new HeaderList(['Origin', 'https://app.example']) }));
  line('csrf of a write', micro(ofCsrf), '');
  line('cors of a response', micro(ofCors), '');
  line('csrf and cors together', micro(ofCsrf + ofCors), '≤ 0.20 µs');
  const counts = new RateCounts();
  const quota = { id: 'bench', intervalMs: 0.001, burst: 1_000_000 };
  const keys = Array.from({ length: 10_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  line(
    'count of a rate limit',
    micro(costOf(500_000, i => counts.take(quota, keys[i % keys.length] ?? '', i))),
    '≤ 0.50 µs',
  );
  const limited = rateLimit(
    { address: { rate: '1000000/1s', file: 'bench' } },
    { now: fractionalNow, counts: new RateCounts(), shared: undefined, refusals: () => () => undefined },
  );
  line('rate limit with its response fields', micro(costOfStage(limited.stage, exchange({}))), '');
}

async function tokens(): Promise<void> {
  const pair = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const jwt = { issuer: 'https://login.example', audience: 'shop', keys: 'https://login.example/keys' };
  const fetchKeys = async () => new Response(JSON.stringify({ keys: [jwk] }));
  const keys = new ProviderKeys({ issuer: jwt.issuer, url: jwt.keys, fetch: fetchKeys, clock: systemClock });
  const sign = (sub: string) =>
    new SignJWT({ iss: jwt.issuer, aud: 'shop', sub })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setExpirationTime('1h')
      .sign(pair.privateKey);
  const texts = await Promise.all(Array.from({ length: 200 }, (_, i) => sign(`user ${i}`)));
  const bearers = new BearerTokens({ jwt, keys, clock: systemClock });
  const before = process.cpuUsage();
  for (const text of texts) await bearers.verify(text);
  const { user, system } = process.cpuUsage(before);
  line('token of a user, for the first time', micro((user + system) / texts.length), '');
  line(
    'token of a user, known',
    micro(costOf(100_000, i => bearers.verify(texts[i % texts.length] ?? ''))),
    '≤ 3.00 µs',
  );
}

async function sessions(): Promise<void> {
  const ended = new EndedSessions(systemClock, TIMES.maxMs, []);
  const options = { keys: KEYS, cookie: COOKIE, times: TIMES, ended, clock: systemClock };
  const cookies = new CookieSessions(options);
  const value = await cookieOf(cookies);
  const identity = new GatewayIdentity({
    bearers: undefined,
    apiKeys: undefined,
    session: {
      sessions: cookies,
      cookieName: COOKIE.name,
      ended,
      times: TIMES,
      clock: systemClock,
      renewal: undefined,
    },
    signIn: undefined,
    tokens: NO_TOKENS,
  });
  const x = exchange({ details: { ownCookies: new Map([[COOKIE.name, value]]) } });
  const { stage } = auth({ required: true, rules: [] }, identity, () => undefined);
  const handler = stage(END);
  line('session in a cookie, with the stage', micro(costOf(20_000, () => handler(x))), '≤ 15.00 µs');
  line('cookie of a session with three claims', `${value.length} B`, '≤ 3,900 B');
  if (noRedis !== undefined) return;
  const redis = await TestRedis.start();
  const shared = openRedis({ url: redis.url, prefix: 'bench:', listener: () => undefined });
  await shared.sessions.connected;
  const stored = new StoredSessions({ ...options, records: shared.sessions.records });
  const secret = await cookieOf(stored);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await concurrentCost(4_000, () => stored.find(secret).catch(() => undefined)));
  line('session in Redis', micro(median(rounds)), '≤ 60.00 µs');
  await shared.tier.close();
  await redis[Symbol.asyncDispose]();
}

async function cookieOf(place: Sessions): Promise<string> {
  const { setCookie } = await place.begin({ user: USER, sid: 'a session of the provider', tokens: undefined });
  return /=([^;]*)/.exec(setCookie)?.[1] ?? '';
}

/** CPU time of one call among sixteen at once, in microseconds. */
async function concurrentCost(count: number, call: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  let left = count;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left-- > 0) sink.last = await call();
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** A clock that the bench sets ahead, so that tokens have expired. */
class AheadClock implements Clock {
  aheadMs = 0;
  readonly now = () => systemClock.now();
  readonly exact = () => systemClock.exact();
  readonly wall = () => systemClock.wall() + this.aheadMs;
  readonly after = systemClock.after.bind(systemClock);
}

/** Two gateways with one Redis: a herd with an expired token, and a logout at the provider. */
async function herd(): Promise<void> {
  if (noRedis !== undefined) return;
  const redis = await TestRedis.start();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const provider = await startProvider({
    redirectUri: `${origin}/auth/callback`,
    backChannel: `${origin}/auth/backchannel`,
  });
  const backend = await import('../test/support/backend.ts').then(({ startBackend }) =>
    startBackend((_req, res) => res.end('stock')),
  );
  const project = await createProject({
    ...signInFiles({
      origin,
      issuer: provider.issuer,
      session: `store: 'redis'`,
      oidc: `scopes: ['openid', 'offline_access'], parameters: { prompt: 'consent' }`,
      gateway: `cache: { redis: '${redis.url}' },`,
    }),
    'services.ts': `import { defineService } from 'portico';
      export const stock = defineService('stock', { targets: ['${backend.url}'], token: 'user' });\n`,
    'routes/stock.get.ts': `import { defineRoute } from 'portico';
      import { stock } from '#services';
      export default defineRoute({ auth: 'required', proxy: stock });\n`,
  });
  const clock = new AheadClock();
  const [here, there] = await Promise.all(
    [0, 1].map(() => createGateway({ dir: project.dir, logLevel: 'silent', clock })),
  );
  if (here === undefined || there === undefined) throw new TypeError('two gateways were started');
  await here.listen({ port, host: 'localhost' });
  const otherPort = await freePort();
  await there.listen({ port: otherPort, host: 'localhost' });
  const browser = new SignInBrowser();
  await browser.signIn(`${origin}/stock`, 'ada');
  const other = new SignInBrowser();
  other.cookies.set(`localhost:${otherPort}`, new Map(browser.cookiesOf(origin)));
  clock.aheadMs = 2 * 3_600_000;
  await Promise.all(
    Array.from({ length: 200 }, (_, i) =>
      i % 2 === 0 ? browser.visit(`${origin}/stock`) : other.visit(`http://localhost:${otherPort}/stock`),
    ),
  );
  line('renewals for 200 calls at two gateways', String(provider.grants.refresh_token), '1');
  clock.aheadMs = 0;
  const token = await provider.logoutToken({
    sub: 'ada',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });
  const startedAt = performance.now();
  await fetch(`${origin}/auth/backchannel`, { method: 'POST', body: new URLSearchParams({ logout_token: token }) });
  const isOver = async () => (await other.visit(`http://localhost:${otherPort}/page`)).status === 401;
  for (let tries = 0; tries < 1_000 && !(await isOver()); tries++);
  line('logout at the provider, until 401 elsewhere', `${(performance.now() - startedAt).toFixed(0)} ms`, '< 1,000 ms');
  for (const gateway of [here, there]) await gateway.close({ graceMs: 0 });
  for (const each of [provider, backend, project, redis]) await each[Symbol.asyncDispose]();
}

console.log('What                                          measured      wanted');
await stages();
await tokens();
await sessions();
await herd();
