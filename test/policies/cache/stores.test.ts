import fc from 'fast-check';
import { parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../../../src/core/headers/header-list.ts';
import { tagTarget } from '../../../src/core/purge.ts';
import { cacheControlOf } from '../../../src/policies/cache/http/cache-control.ts';
import { type CacheStatusReport, cacheStatus } from '../../../src/policies/cache/http/cache-status.ts';
import { freshnessOf } from '../../../src/policies/cache/http/freshness.ts';
import { variantKey, variantNames } from '../../../src/policies/cache/http/vary.ts';
import { LocalTagEpochs } from '../../../src/policies/cache/storage/tag-epochs.ts';
import { tagged } from '../../support/labels.ts';

describe('tag epochs', () => {
  it('make stale what began before a purge and nothing that began after it', () => {
    const epochs = new LocalTagEpochs();
    const before = epochs.now();
    epochs.bump({ kind: 'hard', targets: [tagTarget('a')] });
    const after = epochs.now();
    expect(epochs.newest(tagged('a'), 'hard')).toBeGreaterThan(before);
    expect(epochs.newest(tagged('a'), 'hard')).toBeLessThanOrEqual(after);
    expect(epochs.newest(tagged('b'), 'hard')).toBeLessThanOrEqual(before);
  });

  it('treat everything older than the forgotten purges as stale', () => {
    const epochs = new LocalTagEpochs(2);
    const before = epochs.now();
    for (const tag of ['a', 'b', 'c']) epochs.bump({ kind: 'hard', targets: [tagTarget(tag)] });
    const after = epochs.now();
    expect(epochs.newest(tagged('never purged'), 'hard')).toBeGreaterThan(before);
    expect(epochs.newest(tagged('a'), 'hard')).toBeLessThanOrEqual(after);
  });
});

describe('the parsers', () => {
  it('read Cache-Control in any case, quoted or repeated, and treat a bad number as stale', () => {
    const control = (value: string) => cacheControlOf(new HeaderList(['Cache-Control', value]));
    expect(control('Public, MAX-AGE="60"').maxAge).toBe(60);
    expect(control('max-age=10, max-age=60').maxAge).toBe(10);
    expect(control('max-age=soon').maxAge).toBe(0);
    expect(control('max-age=99999999999').maxAge).toBe(2 ** 31);
    expect(control('x="no-store, private"')).toMatchObject({ noStore: false, isPrivate: false });
    expect(control('private="set-cookie, X-User"').isPrivate).toEqual(['set-cookie', 'x-user']);
    expect(control('private=""').isPrivate).toBe(true);
    expect(control('a="b, no-store')).toMatchObject({ noStore: true });
    expect(control('max-age =60')).toMatchObject({ maxAge: 0 });
  });

  it('never throw and never make a response fresh for ever', () => {
    const name = fc.constantFrom('Cache-Control', 'Expires', 'Age', 'Date', 'Vary');
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            name,
            fc.oneof(fc.string(), fc.constantFrom('max-age=5', '0', '-1', 'Thu, 01 Jan 1970 00:00:00 GMT')),
          ),
        ),
        fields => {
          const headers = new HeaderList(fields.flat());
          const control = cacheControlOf(headers);
          const freshness = freshnessOf(
            { status: 200, headers },
            control,
            { profile: 'rfc9111', ttlMs: 1_000, ttlOverrides: false, swrMs: 1_000, staleIfErrorMs: 1_000 },
            { now: 1_700_000_000_000, wall: 1_700_000_000_000, delayMs: 0 },
          );
          if (freshness === undefined) return;
          for (const value of Object.values(freshness)) expect(Number.isFinite(value)).toBe(true);
          variantNames(headers);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('make different keys for different variants', () => {
    const value = fc.string({ unit: fc.constantFrom('a', '=', '&', '%', '\n', ' ', ',') });
    const names = ['x-a', 'x-b'];
    // RFC 9110 §5.6.1: spaces around the commas of a list have no meaning.
    const meaning = (text: string) => JSON.stringify(text.split(',').map(member => member.trim()));
    const keyed = (a: string, b: string) => variantKey(names, HeaderList.of({ 'X-A': a, 'X-B': b }));
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const same = meaning(a) === meaning(c) && meaning(b) === meaning(d);
        expect(keyed(a, b) === keyed(c, d)).toBe(same);
      }),
      { numRuns: 2_000, examples: [['&\n,', '', '&,', '']] },
    );
  });

  it('write a Cache-Status that any parser of structured fields reads', () => {
    const verdicts: CacheStatusReport[] = [
      { kind: 'hit', ttlSeconds: -3 },
      { kind: 'forwarded', why: 'uri-miss', status: 200, stored: true, collapsed: true },
      { kind: 'forwarded', why: 'stale', detail: 'upstream.connect_timeout' },
    ];
    const parameters = verdicts.map(verdict => Object.fromEntries(parseList(cacheStatus(verdict))[0]?.[1] ?? []));
    expect(parameters[0]).toMatchObject({ hit: true, ttl: -3 });
    expect(parameters[1]).toMatchObject({ stored: true, collapsed: true, 'fwd-status': 200 });
    expect(String(parameters[2]?.fwd)).toContain('stale');
  });
});
