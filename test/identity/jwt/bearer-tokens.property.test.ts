import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/core/failure.ts';
import { BearerTokens } from '../../../src/identity/jwt/bearer-tokens.ts';
import { keySet } from '../../../src/identity/jwt/key-set.ts';
import { FakeClock } from '../../support/clock.ts';
import { AUDIENCE, claimsOf, encoded, signingKey } from './provider.ts';

const ISSUER = 'https://login.example';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= ';

const signers = await Promise.all(['ES256', 'RS256', 'EdDSA'].map(alg => signingKey(alg, alg)));
const clock = new FakeClock();
const keys = { resolve: keySet({ keys: signers.map(({ jwk }) => jwk) }) };
const valid = await Promise.all(signers.map(signer => signer.sign(claimsOf(ISSUER, clock))));

/** What a token comes to without anything remembered: its user, or the failure. */
async function verdictOf(token: string): Promise<unknown> {
  const tokens = new BearerTokens({ jwt: { issuer: ISSUER, audience: AUDIENCE }, keys, clock });
  try {
    return await tokens.verify(token);
  } catch (error) {
    return error;
  }
}

const place = fc.nat({ max: 10_000 });
const character = fc.constantFrom(...ALPHABET);

/** One change of a token. */
const change = fc.oneof(
  fc.tuple(place, character).map(([at, text]) => (token: string) => {
    const i = at % (token.length || 1);
    return token.slice(0, i) + text + token.slice(i + 1);
  }),
  fc.tuple(place, character).map(([at, text]) => (token: string) => {
    const i = at % (token.length + 1);
    return token.slice(0, i) + text + token.slice(i);
  }),
  // The last character of a signature has bits that do not count.
  character.map(text => (token: string) => token.slice(0, -1) + text),
  place.map(at => (token: string) => token.slice(0, at % (token.length || 1))),
  fc.tuple(place, fc.nat({ max: 40 })).map(([at, length]) => (token: string) => {
    const i = at % (token.length || 1);
    return token.slice(0, i) + token.slice(i + length + 1);
  }),
  fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })).map(([from, to]) => (token: string) => {
    const parts = token.split('.');
    parts[to] = parts[from] ?? '';
    return parts.join('.');
  }),
  fc
    .dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'jwk', 'b64', 'zip', '__proto__'), fc.jsonValue())
    .map(header => (token: string) => {
      const [, ...rest] = token.split('.');
      return [encoded({ alg: 'ES256', kid: 'ES256', ...header }), ...rest].join('.');
    }),
);

describe('a token that is changed at random', () => {
  it('is never accepted, and its failure is one of the gateway', async () => {
    for (const token of valid) expect(await verdictOf(token)).toMatchObject({ subject: 'alice' });
    const token = fc.constantFrom(...valid);
    await fc.assert(
      fc.asyncProperty(token, fc.array(change, { minLength: 1, maxLength: 4 }), async (original, changes) => {
        const changed = changes.reduce((text, edit) => edit(text), original);
        fc.pre(!valid.includes(changed));
        const verdict = await verdictOf(changed);
        expect(verdict).toBeInstanceOf(GatewayError);
        expect(verdict).toMatchObject({ code: 'request.unauthorized' });
      }),
      { numRuns: 1_500 },
    );
  });

  it('is never accepted when it is any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async text => {
        expect(await verdictOf(text)).toMatchObject({ code: 'request.unauthorized' });
      }),
      { numRuns: 500 },
    );
  });
});
