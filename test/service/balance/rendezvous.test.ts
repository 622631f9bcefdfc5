import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HashKey } from '../../../src/config/balancing.ts';
import { fingerprint, unitOf } from '../../../src/service/balance/fingerprint.ts';
import { keyOf } from '../../../src/service/balance/key.ts';
import type { LoadBalancingPolicy } from '../../../src/service/balance/load-balancing-policy.ts';
import { Rendezvous } from '../../../src/service/balance/rendezvous.ts';
import { TargetState } from '../../../src/service/balance/target-state.ts';
import { listed } from '../../support/balancing.ts';
import { exchange, headers } from '../../support/exchange.ts';

/** Shows by its response that a request had no key. */
const keyless: LoadBalancingPolicy = { choose: targets => targets.at(-1) };
const by = (key: HashKey) => new Rendezvous(keyOf(key), keyless);
const byUser = by({ header: 'x-user' });
const from = (user: string) => exchange({ headers: headers({ 'X-User': user }) });
const machinesOf = (count: number, weights: readonly number[] = []) =>
  Array.from({ length: count }, (_, i) => new TargetState(listed(`10.0.0.${i}:8080`, { weight: weights[i] ?? 1 })));
const USERS = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);

function counts(targets: readonly TargetState[], users: readonly string[]): number[] {
  const taken = new Map<TargetState | undefined, number>();
  for (const user of users) {
    const target = byUser.choose(targets, from(user), 0);
    taken.set(target, (taken.get(target) ?? 0) + 1);
  }
  return targets.map(target => taken.get(target) ?? 0);
}

describe('rendezvous hashing', () => {
  it('gives equal targets equal shares', () => {
    for (const count of counts(machinesOf(10), USERS)) {
      expect(count).toBeGreaterThan(0.9 * 2_000);
      expect(count).toBeLessThan(1.1 * 2_000);
    }
  });

  it('gives each target the share of its weight', () => {
    const weights = [1, 2, 3, 4];
    for (const [i, count] of counts(machinesOf(4, weights), USERS).entries()) {
      expect(count / ((weights[i] ?? 0) * 2_000)).toBeGreaterThan(0.93);
      expect(count / ((weights[i] ?? 0) * 2_000)).toBeLessThan(1.07);
    }
  });

  it('moves only the keys of a removed target', () => {
    const property = fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.nat(),
      fc.array(fc.string(), { minLength: 1, maxLength: 50 }),
      (count, nth, users) => {
        const targets = machinesOf(count);
        const leaving = targets[nth % count];
        const left = targets.filter(target => target !== leaving);
        for (const user of users) {
          const before = byUser.choose(targets, from(user), 0);
          if (before !== leaving) expect(byUser.choose(left, from(user), 0)).toBe(before);
        }
      },
    );
    fc.assert(property);
  });

  it('moves keys only to a target whose weight grows', () => {
    const targets = machinesOf(5);
    const before = USERS.slice(0, 2_000).map(user => byUser.choose(targets, from(user), 0));
    const [grown] = targets;
    if (grown !== undefined) grown.effective = 3;
    const after = USERS.slice(0, 2_000).map(user => byUser.choose(targets, from(user), 0));
    const moved = after.filter((target, i) => target !== before[i]);
    expect(moved.length).toBeGreaterThan(100);
    expect(new Set(moved)).toEqual(new Set([grown]));
  });

  it('limits every target to 125 % of the average', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 400 }),
      fc.string(),
      (count, calls, user) => {
        const targets = machinesOf(count);
        for (let i = 1; i <= calls; i++) {
          const target = byUser.choose(targets, from(user), 0);
          if (target !== undefined) target.inFlight++;
          const max = Math.max(8, Math.ceil((1.25 * i) / count));
          expect(Math.max(...targets.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(max);
        }
      },
    );
    fc.assert(property, { numRuns: 50 });
  });

  it('keeps the requests of a browser together at low load', () => {
    const targets = machinesOf(3);
    const first = byUser.choose(targets, from('u'), 0);
    if (first !== undefined) first.inFlight = 6;
    expect(byUser.choose(targets, from('u'), 0)).toBe(first);
  });
});

describe('the key of a request', () => {
  const targets = machinesOf(50);
  const chosen = (key: HashKey, ...fields: Record<string, string>[]) =>
    fields.map(each => by(key).choose(targets, exchange({ headers: headers(each) }), 0));

  it('is a cookie, whatever else the field contains', () => {
    const [a, b, none] = chosen(
      { cookie: 'sid' },
      { Cookie: 'sid=abc' },
      { Cookie: 'theme=dark; sid=abc; xsid=z' },
      { Cookie: 'xsid=abc; sidx=abc' },
    );
    expect(b).toBe(a);
    expect(none).toBe(targets.at(-1));
  });

  it('is a header in any case', () => {
    const [a, b, none] = chosen({ header: 'X-Tenant' }, { 'x-tenant': 'shop' }, { 'X-TENANT': 'shop' }, {});
    expect(b).toBe(a);
    expect(none).toBe(targets.at(-1));
  });

  it('is the client’s address', () => {
    const client = { address: '203.0.113.7', protocol: 'http', host: 'shop.test', mount: '' } as const;
    const own = by('ip').choose(targets, exchange({ client }), 0);
    expect(by('ip').choose(targets, exchange({ client, path: '/other' }), 0)).toBe(own);
    expect(by('ip').choose(targets, exchange({ client: undefined }), 0)).toBe(targets.at(-1));
  });

  it('is hashed to a number that does not reveal its last letters', () => {
    const buckets = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++) {
      const bucket = Math.floor(unitOf(fingerprint(`user-${i}`)) * 64);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // χ² with 63 degrees of freedom exceeds 115 at random once in 20,000 runs.
    expect(buckets.reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0)).toBeLessThan(115);
  });
});
