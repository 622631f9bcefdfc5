import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionEnd, SessionNews } from '../../../src/core/ports/session-news.ts';
import { CookieSessions } from '../../../src/identity/session/cookie-sessions.ts';
import { EndedSessions } from '../../../src/identity/session/ended-sessions.ts';
import { KeyRing } from '../../../src/identity/session/key-ring.ts';
import { SessionCookie } from '../../../src/identity/session/session-cookie.ts';
import { providerSessionLabel, userLabel } from '../../../src/identity/session/session-record.ts';
import { SessionTimes } from '../../../src/identity/session/session-times.ts';
import { FakeClock } from '../../support/clock.ts';

const HOUR = 3_600_000;
const [OLD_KEY, NEW_KEY] = [randomBytes(32), randomBytes(48)];
const USER = { issuer: 'https://login.example', subject: 'ada', claims: { name: 'Ada' }, scopes: ['a'], roles: ['b'] };
const NEW = { user: USER, sid: 'provider session 1', tokens: undefined };

function cookieSessions(keys: readonly Buffer[], clock = new FakeClock(), news: readonly SessionNews[] = []) {
  const times = new SessionTimes(8 * HOUR, 24 * HOUR);
  const ended = new EndedSessions(clock, times.maxMs, news);
  const cookie = new SessionCookie('https://shop.example', 'strict');
  const sessions = new CookieSessions({ keys: new KeyRing(keys), cookie, times, ended, clock });
  return { sessions, clock, ended };
}

const valueIn = (setCookie: string | undefined): string => /^__Host-portico=([^;]*);/.exec(setCookie ?? '')?.[1] ?? '';

describe('a session in a cookie', () => {
  it('is found by its cookie', async () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    const { record, setCookie } = await sessions.begin(NEW);
    expect(setCookie).toMatch(/; Path=\/; Max-Age=86400; HttpOnly; Secure; SameSite=Strict$/);
    expect(await sessions.find(valueIn(setCookie))).toEqual({ record, setCookie: undefined });
    expect(record).toMatchObject({ user: USER, sid: 'provider session 1' });
  });

  it('keeps no tokens', async () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    const tokens = { access: 'secret', renewAt: undefined, refresh: undefined, id: undefined };
    const { record } = await sessions.begin({ ...NEW, tokens });
    expect(record.tokens).toBeUndefined();
  });

  it('is nobody for every other text', async () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    const value = valueIn((await sessions.begin(NEW)).setCookie);
    const bytes = Buffer.from(value, 'base64url');
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async bit => {
        const flipped = Buffer.from(bytes);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        expect(await sessions.find(flipped.toString('base64url'))).toBeUndefined();
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.string(), async text => {
        expect(await sessions.find(text)).toBeUndefined();
      }),
    );
    for (const other of [`${value}=`, ` ${value}`, value.slice(0, -1), `${value}A`, bytes.toString('base64')]) {
      expect(await sessions.find(other)).toBeUndefined();
    }
  });

  it('is nobody under another name: a cookie of a sign-in is no session', () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    expect(sessions.find(new KeyRing([OLD_KEY]).seal('__Host-portico-login-x', '[]'))).toBeUndefined();
  });

  it('of an old key is found, and gets a cookie of the new one', async () => {
    const clock = new FakeClock();
    const value = valueIn((await cookieSessions([OLD_KEY], clock).sessions.begin(NEW)).setCookie);
    const { sessions } = cookieSessions([NEW_KEY, OLD_KEY], clock);
    const found = await sessions.find(value);
    expect(found?.record.user).toEqual(USER);
    const onlyNew = cookieSessions([NEW_KEY], clock).sessions;
    expect(await onlyNew.find(value)).toBeUndefined();
    expect((await onlyNew.find(valueIn(found?.setCookie)))?.record).toEqual(found?.record);
  });

  it('ends after its idle time, and with each use begins it anew, but not the whole time', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    let value = valueIn((await sessions.begin(NEW)).setCookie);
    for (let hours = 0; hours < 21; hours += 7) {
      clock.advance(7 * HOUR);
      const found = await sessions.find(value);
      value = valueIn(found?.setCookie);
      expect(found?.record.user.subject).toBe('ada');
    }
    clock.advance(3 * HOUR);
    expect(await sessions.find(value)).toBeUndefined();
    const idle = valueIn((await sessions.begin(NEW)).setCookie);
    clock.advance(8 * HOUR);
    expect(await sessions.find(idle)).toBeUndefined();
  });

  it('is not written anew with every request', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    const value = valueIn((await sessions.begin(NEW)).setCookie);
    clock.advance(0.7 * HOUR);
    expect((await sessions.find(value))?.setCookie).toBeUndefined();
    clock.advance(0.1 * HOUR);
    expect((await sessions.find(value))?.setCookie).toMatch(/Max-Age=83520;/);
  });

  it('goes on when the clock is set back', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    const value = valueIn((await sessions.begin(NEW)).setCookie);
    clock.stepped = -100 * HOUR;
    expect((await sessions.find(value))?.record.user.subject).toBe('ada');
  });

  it('is over for each copy once it has ended, and others are not', async () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    const [ended, other] = [await sessions.begin(NEW), await sessions.begin(NEW)];
    await sessions.end(ended.record);
    expect(await sessions.find(valueIn(ended.setCookie))).toBeUndefined();
    expect(await sessions.find(valueIn(other.setCookie))).toBeDefined();
  });

  it('ends with the session at the provider, or with all of its user', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    const first = valueIn((await sessions.begin(NEW)).setCookie);
    const second = valueIn((await sessions.begin({ ...NEW, sid: 'provider session 2' })).setCookie);
    const grace = valueIn(
      (await sessions.begin({ ...NEW, user: { ...USER, subject: 'grace' }, sid: 'other' })).setCookie,
    );
    await sessions.endAll('provider-session', providerSessionLabel(USER.issuer, 'provider session 1'));
    expect([await sessions.find(first), (await sessions.find(second))?.record.user.subject]).toEqual([
      undefined,
      'ada',
    ]);
    await sessions.endAll('user', userLabel(USER.issuer, 'ada'));
    expect(await sessions.find(second)).toBeUndefined();
    expect((await sessions.find(grace))?.record.user.subject).toBe('grace');
    clock.advance(1);
    const anew = await sessions.begin({ ...NEW, sid: 'provider session 3' });
    expect(await sessions.find(valueIn(anew.setCookie))).toBeDefined();
  });

  it('remembers an end for as long as a cookie could live', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    const { record, setCookie } = await sessions.begin(NEW);
    await sessions.end(record);
    let value = valueIn(setCookie);
    for (let hours = 0; hours < 24; hours++) {
      clock.advance(HOUR);
      // Further ends make the list turn over.
      await sessions.end((await sessions.begin(NEW)).record);
      const found = await sessions.find(value);
      value = valueIn(found?.setCookie) || value;
      expect(found).toBeUndefined();
    }
  });

  it('refuses claims that no cookie holds, and names them', () => {
    const { sessions } = cookieSessions([OLD_KEY]);
    const user = { ...USER, claims: { picture: 'x'.repeat(3_000) } };
    expect(() => sessions.begin({ ...NEW, user })).toThrow(expect.objectContaining({ code: 'session.too_large' }));
  });
});

describe('what is open for a session', () => {
  it('ends with it, also if that had ended before', async () => {
    const { sessions, ended } = cookieSessions([OLD_KEY]);
    const [first, second] = [await sessions.begin(NEW), await sessions.begin({ ...NEW, sid: 'another' })];
    const heard: string[] = [];
    ended.watch(first.record, () => heard.push('first'));
    const forget = ended.watch(second.record, () => heard.push('forgotten'));
    forget();
    await sessions.end(first.record);
    await sessions.end(second.record);
    expect(heard).toEqual(['first']);
    ended.watch(first.record, () => heard.push('late'));
    expect(heard).toEqual(['first', 'late']);
  });

  it('is found without a look at all others', async () => {
    const { sessions, ended } = cookieSessions([OLD_KEY]);
    let looks = 0;
    for (let i = 0; i < 1_000; i++) {
      const { record } = await sessions.begin({ ...NEW, sid: `${i}`, user: { ...USER, subject: `user ${i}` } });
      const counted = {
        ...record,
        get startedAt() {
          looks++;
          return record.startedAt;
        },
      };
      ended.watch(counted, () => undefined);
    }
    looks = 0;
    await sessions.endAll('user', userLabel(USER.issuer, 'user 7'));
    expect(looks).toBeLessThan(10);
  });
});

describe('a user whose sessions were ended', () => {
  it('can sign in again, although the clock was set back, or that of another host is ahead', async () => {
    const clock = new FakeClock();
    let hear: (end: SessionEnd) => void = () => undefined;
    const news = {
      publish: () => undefined,
      subscribe: (listener: typeof hear) => {
        hear = listener;
      },
    };
    const { sessions } = cookieSessions([OLD_KEY], clock, [news]);
    hear({ of: 'user', key: userLabel(USER.issuer, 'ada'), at: clock.wall() + HOUR });
    clock.stepped = -HOUR;
    const { setCookie } = await sessions.begin(NEW);
    expect((await sessions.find(valueIn(setCookie)))?.record.user.subject).toBe('ada');
  });
});

describe('a name that is used once', () => {
  it('is free again afterwards', async () => {
    const { sessions, clock } = cookieSessions([OLD_KEY]);
    expect([await sessions.isFirst('a', 1_000), await sessions.isFirst('a', 1_000)]).toEqual([true, false]);
    clock.advance(1_000);
    expect(await sessions.isFirst('a', 1_000)).toBe(true);
  });
});
