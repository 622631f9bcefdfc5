import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GatewayError } from '../../src/core/failure.ts';
import { Provider } from '../../src/identity/oidc/provider.ts';
import { TokenRenewal } from '../../src/identity/oidc/token-renewal.ts';
import type { SessionRecord } from '../../src/identity/session/session-record.ts';
import type { StoredTokens } from '../../src/identity/session/sessions.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { startBackend } from '../support/backend.ts';
import { FakeClock } from '../support/clock.ts';

const USER = { issuer: 'x', subject: 'ada', claims: {}, scopes: [], roles: [] };

/** Sessions in memory, whose claims another process may hold. */
function storedSessions(clock: FakeClock) {
  const tokens = { access: 'old', renewAt: clock.wall() - 1, refresh: 'refresh 1', id: undefined };
  let record: SessionRecord | undefined = { id: 'one', user: USER, sid: undefined, startedAt: 0, tokens };
  const failures = { left: 0 };
  let claim: { owner: string; endsAt: number } | undefined;
  const stored: StoredTokens = {
    read: async () => record,
    replace: async (_, renewed, user) => {
      if (failures.left-- > 0) throw new GatewayError('session.unavailable', 'away');
      if (record !== undefined) record = { ...record, tokens: renewed, user };
      return record !== undefined;
    },
    claim: async (_, owner, ms) => {
      if (claim !== undefined && claim.endsAt > clock.now()) return false;
      claim = { owner, endsAt: clock.now() + ms };
      return true;
    },
    extend: async (_, owner, ms) => {
      if (claim?.owner !== owner) return false;
      claim = { owner, endsAt: clock.now() + ms };
      return true;
    },
    release: async (_, owner) => {
      if (claim?.owner === owner) claim = undefined;
    },
    list: async () => ({ records: [], more: 0 }),
    endEverybody: async () => 0,
  };
  const end = async () => {
    record = undefined;
    return true;
  };
  return { stored, end, current: () => record, failures, claimOwner: () => claim?.owner };
}

async function renewals(respond: (refresh: string | null) => { status: number; body: object } | Promise<never>) {
  const clock = new FakeClock();
  const requests: (string | null)[] = [];
  const provider = await startBackend(async (req, res) => {
    res.setHeader('Content-Type', 'application/json');
    if (req.url !== '/token') {
      const urls = { authorization_endpoint: `${provider.url}/a`, token_endpoint: `${provider.url}/token` };
      res.end(JSON.stringify({ issuer: provider.url, ...urls }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const refresh = new URLSearchParams(Buffer.concat(chunks).toString()).get('refresh_token');
    requests.push(refresh);
    const { status, body } = await respond(refresh);
    res.writeHead(status).end(JSON.stringify(body));
  });
  onTestFinished(() => provider[Symbol.asyncDispose]());
  const { stored, end, current, failures, claimOwner } = storedSessions(clock);
  const options = {
    provider: new Provider({
      oidc: { issuer: provider.url, clientId: 'shop', secret: 's' },
      secret: 's',
      fetch: (url, init) => fetch(url, { ...init, body: init.body ?? null }),
      clock,
      note: () => undefined,
    }),
    sessions: { end },
    stored,
    userRule: { claims: undefined, rolesOf: () => [] },
    clock,
    meter: new Metrics({ services: () => [], store: () => ({ bytes: 0, entries: 0 }) }).sessions(),
  };
  const known = current();
  if (known === undefined) throw new Error('there is a session');
  return { clock, requests, stored, current, known, failures, claimOwner, renewal: () => new TokenRenewal(options) };
}

const granted = (access: string) => ({
  status: 200,
  body: { access_token: access, token_type: 'Bearer', expires_in: 600, refresh_token: 'refresh 2' },
});

describe('the renewal of a token', () => {
  it('waits for another process, and takes over at most ten seconds after it died', async () => {
    const { clock, requests, stored, known, renewal } = await renewals(() => granted('new'));
    await stored.claim('one', 'a process that dies', 10_000);
    const token = renewal().token(known);
    let seconds = 0;
    while (requests.length === 0 && seconds < 20) {
      for (let step = 0; step < 20; step++) {
        clock.advance(50);
        for (let turn = 0; turn < 4; turn++) await new Promise(setImmediate);
      }
      seconds++;
      await expect.poll(() => requests.length > 0 || clock.waiting > 0).toBe(true);
    }
    expect(await token).toBe('new');
    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThanOrEqual(11);
  });

  it('takes the result of another process', async () => {
    const { clock, requests, stored, known, renewal } = await renewals(() => granted('new'));
    await stored.claim('one', 'another process', 10_000);
    const token = renewal().token(known);
    const renewed = { access: 'theirs', renewAt: undefined, refresh: 'refresh 9', id: undefined };
    await stored.replace(known, renewed, USER);
    await expect.poll(() => clock.waiting).toBe(1);
    clock.advance(50);
    expect(await token).toBe('theirs');
    expect(requests).toEqual([]);
  });

  it('gives up, and keeps the session, if another process never ends', async () => {
    const { clock, stored, current, known, renewal } = await renewals(() => granted('new'));
    const held = () => stored.claim('one', 'a process that hangs', 60_000);
    await held();
    const failure = Promise.resolve(renewal().token(known)).catch((error: GatewayError) => error.code);
    for (let waited = 0; waited < 21_000; waited += 50) {
      await new Promise(setImmediate);
      clock.advance(50);
    }
    expect(await failure).toBe('identity.unavailable');
    expect(current()).toBeDefined();
  });

  it('keeps the refresh token of before where the provider sends no new one', async () => {
    const { current, known, renewal } = await renewals(() => ({
      status: 200,
      body: { access_token: 'new', token_type: 'Bearer' },
    }));
    expect(await renewal().token(known)).toBe('new');
    expect(current()?.tokens).toMatchObject({ access: 'new', refresh: 'refresh 1', renewAt: undefined });
  });

  it('is the new token for a request that was sent with the old one, however late the service refuses it', async () => {
    const { known, requests, renewal } = await renewals(() => granted('new'));
    const renewing = renewal();
    expect(await renewing.renewed(known, 'old')).toBe('new');
    // The session is that of before: the request began before the renewal.
    expect(await renewing.renewed(known, 'old')).toBe('new');
    expect(requests.length).toBe(1);
  });

  it('is tried once in ten seconds where a service refuses every token, by all processes together', async () => {
    const { clock, known, requests, renewal } = await renewals(() => granted(`new ${requests.length}`));
    const processes = [renewal(), renewal()];
    expect(await processes[0]?.renewed(known, 'old')).toBe('new 1');
    for (const renewing of processes) expect(await renewing.renewed(known, 'new 1')).toBeUndefined();
    clock.advance(10_000);
    expect(await processes[1]?.renewed(known, 'new 1')).toBe('new 2');
    expect(await processes[0]?.renewed(known, 'new 2')).toBeUndefined();
    // The clock was set back.
    clock.stepped = -60_000;
    expect(await processes[0]?.renewed(known, 'new 2')).toBe('new 3');
  });

  it('is no renewal for a session that has no refresh token', async () => {
    const { known, renewal } = await renewals(() => granted('new'));
    const without = { ...known, tokens: { access: 'x', renewAt: undefined, refresh: undefined, id: undefined } };
    expect(renewal().token(without)).toBe('x');
  });

  it('keeps its claim for as long as it takes', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { clock, stored, known, renewal } = await renewals(async () => {
      arrive();
      await released;
      return granted('new') as never;
    });
    const token = renewal().token(known);
    await arrived;
    for (let waited = 0; waited < 30_000; waited += 1_000) {
      clock.advance(1_000);
      await new Promise(setImmediate);
      expect(await stored.claim('one', 'another process', 10_000)).toBe(false);
    }
    release();
    expect(await token).toBe('new');
  });

  it('keeps the new tokens while the store is away, and uses no token twice', async () => {
    const { clock, requests, current, known, failures, renewal } = await renewals(() => granted('new'));
    failures.left = 25;
    const one = renewal();
    const settled = async (token: unknown) => {
      let isDone = false;
      void Promise.resolve(token).then(() => {
        isDone = true;
      });
      while (!isDone) {
        await new Promise(setImmediate);
        clock.advance(50);
      }
      return token;
    };
    expect(await settled(one.token(known))).toBe('new');
    expect(current()?.tokens?.access).toBe('old');
    expect(await settled(one.token(known))).toBe('new');
    expect(await settled(one.token(known))).toBe('new');
    expect(current()?.tokens?.access).toBe('new');
    expect(requests).toEqual(['refresh 1']);
  });

  it('that came too late takes the result of the other process', async () => {
    const { stored, current, known, renewal } = await renewals(async () => {
      await stored.replace(known, { access: 'theirs', renewAt: undefined, refresh: 'x', id: undefined }, USER);
      return { status: 400, body: { error: 'invalid_grant' } } as never;
    });
    expect(await renewal().token(known)).toBe('theirs');
    expect(current()).toBeDefined();
  });

  it('says what went wrong without the tokens', async () => {
    const { known, renewal } = await renewals(() => ({
      status: 200,
      body: { access_token: 'AT-SECRET', refresh_token: 'RT-SECRET', token_type: 'mac', expires_in: 60 },
    }));
    const failure = await Promise.resolve(renewal().token(known)).catch((error: GatewayError) => error);
    expect(failure).toBeInstanceOf(GatewayError);
    expect(inspect(failure, { depth: 20 })).not.toContain('SECRET');
    expect((failure as GatewayError).cause).toMatchObject({ message: expect.stringMatching(/\w/) });
  });
});
