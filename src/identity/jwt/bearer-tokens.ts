import { hash } from 'node:crypto';
import { type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Jwt } from '../../config/auth.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { User } from '../../core/user.ts';
import { RecentEntries } from '../recent-entries.ts';
import type { KeyGetter } from './key-set.ts';
import { isLasting, REFUSALS, refusalOf } from './token-refusals.ts';
import { checkHeader, checkSpelling, userOf } from './token-rules.ts';

/** Room for many claims, and little enough to hash for each request. */
const MAX_CHARACTERS = 8_192;

const TOLERANCE_SECONDS = 30;

/** Most accepted tokens that are remembered, and for how long at most: keys that are withdrawn count until then. */
const MAX_ACCEPTED = 10_000;
const ACCEPTED_MS = 300_000;

/** The same of refused ones, which a flood of forged tokens fills; apart, so that it displaces no accepted one. */
const MAX_REFUSED = 1_000;
const REFUSED_MS = 10_000;

export interface BearerTokensOptions {
  readonly jwt: Jwt;
  /** The claim path of the roles: `auth.roles`. Default `roles`. */
  readonly roles?: string | undefined;
  readonly keys: { readonly resolve: KeyGetter };
  readonly clock: Clock;
  /** The most accepted tokens that are remembered. Default 10,000. */
  readonly maxRemembered?: number | undefined;
}

interface Accepted {
  readonly user: User;
  /** When the token expires, on the wall clock. */
  readonly expiresAt: number;
  /** Until when it need not be verified again, on the monotonic clock. */
  readonly knownUntil: number;
}

interface Refused {
  readonly failure: GatewayError;
  readonly knownUntil: number;
}

/** The users of access tokens (RFC 9068, RFC 8725). What a token came to is remembered under its SHA-256. */
export class BearerTokens {
  readonly #options: BearerTokensOptions;
  readonly #rules: JWTVerifyOptions;
  readonly #roles: string;
  readonly #key: JWTVerifyGetKey;
  readonly #accepted: RecentEntries<Accepted>;
  readonly #refused = new RecentEntries<Refused>(MAX_REFUSED);

  constructor(options: BearerTokensOptions) {
    const { jwt, keys, roles = DEFAULTS.auth.roles, maxRemembered = MAX_ACCEPTED } = options;
    this.#options = options;
    this.#roles = roles;
    this.#accepted = new RecentEntries(maxRemembered);
    this.#rules = {
      issuer: jwt.issuer,
      audience: [jwt.audience].flat(),
      algorithms: [...(jwt.algorithms ?? DEFAULTS.auth.algorithms)],
      // jose accepts tokens without it otherwise, and they would be valid forever.
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE_SECONDS,
    };
    // A header that is not accepted leads to no fetch of keys.
    this.#key = (header, token) => {
      checkHeader(header, jwt.typ);
      return keys.resolve(header, token);
    };
  }

  /** The number of tokens that are remembered. */
  get remembered(): number {
    return this.#accepted.size + this.#refused.size;
  }

  /**
   * The user of an access token; a promise only for a token that is not remembered.
   * @throws GatewayError `request.unauthorized` for a token that is not valid, `identity.unavailable` without keys.
   */
  verify(token: string): User | Promise<User> {
    if (token.length > MAX_CHARACTERS) throw REFUSALS.length;
    const key = hash('sha256', token, 'base64url');
    const { clock } = this.#options;
    const accepted = this.#accepted.get(key);
    if (accepted !== undefined && clock.now() < accepted.knownUntil && clock.wall() < accepted.expiresAt) {
      return accepted.user;
    }
    const refused = this.#refused.get(key);
    if (refused !== undefined && clock.now() < refused.knownUntil) throw refused.failure;
    return this.#verify(token, key);
  }

  async #verify(token: string, key: string): Promise<User> {
    const { clock, jwt } = this.#options;
    try {
      checkSpelling(token);
      const currentDate = new Date(clock.wall());
      const { payload } = await jwtVerify(token, this.#key, { ...this.#rules, currentDate });
      const user = userOf(payload, jwt.issuer, this.#roles);
      const expiresAt = ((payload.exp ?? 0) + TOLERANCE_SECONDS) * 1_000;
      this.#accepted.set(key, { user, expiresAt, knownUntil: clock.now() + ACCEPTED_MS });
      return user;
    } catch (error) {
      const failure = refusalOf(error);
      if (isLasting(failure)) this.#refused.set(key, { failure, knownUntil: clock.now() + REFUSED_MS });
      throw failure;
    }
  }
}
