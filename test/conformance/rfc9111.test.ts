import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Case,
  CLIENTS,
  FRESHNESS,
  INVALIDATION,
  MIXED,
  RANGES,
  STALE,
  STORING,
  TARGETED,
  VALIDATION,
  VARY,
} from './cases.ts';
import { type Profile, type Reading, Stage, type Step, seen } from './script.ts';

const CHAPTERS: Readonly<Record<string, readonly Case[]>> = {
  freshness: FRESHNESS,
  storing: STORING,
  'targeted control': TARGETED,
  variants: VARY,
  'stale answers': STALE,
  validation: VALIDATION,
  ranges: RANGES,
  invalidation: INVALIDATION,
  'several rules at once': MIXED,
  'what clients say': CLIENTS,
};

function check(step: Step, reading: Reading, profile: Profile): void {
  const { sees, status, body, interim, has = {}, backendHas = {} } = step;
  if (sees !== undefined)
    expect(seen(reading), reading.headers['cache-status']?.toString()).toBe(
      typeof sees === 'string' ? sees : sees[profile],
    );
  if (status !== undefined) expect(reading.status).toBe(status);
  if (interim !== undefined) expect(reading.interim).toEqual(interim);
  if (body !== undefined) expect(reading.body).toBe(body);
  for (const [name, value] of Object.entries(has)) {
    const said = reading.headers[name];
    if (value === null) expect(said, name).toBeUndefined();
    else if (typeof value === 'string') expect(said, name).toBe(value);
    else expect(String(said), name).toMatch(value);
  }
  for (const [name, value] of Object.entries(backendHas))
    expect(reading.requests[0]?.headers[name], name).toBe(value ?? undefined);
}

describe.each(['rfc9111', 'default'] as const)('the %s profile', profile => {
  let stage: Stage;
  let path = 0;
  beforeAll(async () => {
    stage = await Stage.open(profile);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  describe.each(Object.entries(CHAPTERS))('%s', (_, cases) => {
    it.each(cases.map(each => [each.name, each] as const))('%s', async (_name, { steps }) => {
      const own = `/case/${++path}`;
      for (const step of steps) {
        const reading = await stage.play(own, step);
        check(step, reading, profile);
        expect(reading.headers['cache-status'], 'Cache-Status').toMatch(/^portico/);
      }
    });
  });
});
