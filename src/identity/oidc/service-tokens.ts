import { hash } from 'node:crypto';
import { clientCredentialsGrant, genericGrantRequest } from 'openid-client';
import { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { TokenSource } from '../../core/ports/identity.ts';
import type { Recognised } from '../../core/ports/recognised.ts';
import type { Provider } from './provider.ts';
import { isProviderFailure, unavailable, withoutContent } from './provider-failure.ts';
import { type GrantedTokens, tokensOf } from './tokens-of.ts';

/** The most tokens that are kept; the oldest go first. */
const MAX = 10_000;
/** The life of a token that says nothing of it. */
const UNKNOWN_LIFE_MS = 60_000;

/** A token while it is used, and before that. */
class KeptToken {
  /** Undefined while it is not there yet. */
  value: string | undefined;
  /** On the wall clock; not before it is there. */
  #endsAt = Number.POSITIVE_INFINITY;
  readonly token: Promise<string>;

  constructor(request: Promise<MadeToken>) {
    this.token = request.then(({ access, endsAt }) => {
      this.value = access;
      this.#endsAt = endsAt;
      return access;
    });
  }

  isOver(now: number): boolean {
    return now >= this.#endsAt;
  }
}

interface MadeToken {
  readonly access: string;
  readonly endsAt: number;
}

/** Tokens that the provider makes for services, each used until shortly before its end. */
export class ServiceTokens implements TokenSource {
  readonly #provider: Provider;
  readonly #clock: Clock;
  readonly #kept = new Map<string, KeptToken>();

  constructor(provider: Provider, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  async exchanged(audience: string, { session, bearer }: Recognised): Promise<string | undefined> {
    const subject = (await session?.accessToken()) ?? bearer;
    if (subject === undefined) return undefined;
    // A renewed token of the user is exchanged anew.
    return await this.#token(`exchange ${audience} ${hash('sha256', subject, 'base64url')}`, async () =>
      genericGrantRequest(await this.#provider.configuration(), 'urn:ietf:params:oauth:grant-type:token-exchange', {
        subject_token: subject,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
      }),
    );
  }

  ofClient(scopes: readonly string[]): Promise<string> {
    const scope = scopes.join(' ');
    return this.#token(`client ${scope}`, async () =>
      clientCredentialsGrant(await this.#provider.configuration(), { scope }),
    );
  }

  forget(token: string): void {
    for (const [name, { value }] of this.#kept) if (value === token) this.#kept.delete(name);
  }

  /** Concurrent calls get one token. */
  #token(name: string, request: () => Promise<GrantedTokens>): Promise<string> {
    const known = this.#kept.get(name);
    if (known !== undefined && !known.isOver(this.#clock.wall())) return known.token;
    const kept = new KeptToken(this.#request(request));
    this.#keep(name, kept);
    kept.token.catch(() => {
      if (this.#kept.get(name) === kept) this.#kept.delete(name);
    });
    return kept.token;
  }

  async #request(request: () => Promise<GrantedTokens>): Promise<MadeToken> {
    const now = this.#clock.wall();
    try {
      const { access, renewAt = now + UNKNOWN_LIFE_MS } = tokensOf(await request(), now);
      return { access, endsAt: renewAt };
    } catch (cause) {
      if (cause instanceof GatewayError) throw cause;
      if (isProviderFailure(cause) && !isDenied(cause)) throw unavailable(cause);
      throw new GatewayError('identity.refused', 'The gateway got no token for a service', {
        cause: withoutContent(cause),
      });
    }
  }

  #keep(name: string, kept: KeptToken): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX) return;
      this.#kept.delete(oldest);
    }
  }
}

/** An error in the provider's own words (RFC 6749 §5.2) that will be the same again. */
function isDenied(cause: unknown): boolean {
  return cause instanceof Error && 'error' in cause && typeof cause.error === 'string' && DENIALS.has(cause.error);
}

const DENIALS: ReadonlySet<string> = new Set([
  'invalid_scope',
  'invalid_target',
  'invalid_request',
  'unauthorized_client',
  'unsupported_grant_type',
]);
