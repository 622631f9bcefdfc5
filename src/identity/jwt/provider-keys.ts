import { errors } from 'jose';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import { discoverKeys } from './discovery.ts';
import { type KeyGetter, keySet, UnusableKey } from './key-set.ts';
import { type DocumentAccess, fetchProviderDocument } from './provider-document.ts';

/** Least time from the start of one fetch to the next, whatever tokens arrive. */
const COOLDOWN_MS = 10_000;

/** Age at which keys are fetched again in the background. */
const REFRESH_MS = 600_000;

/** How long keys count while the provider does not respond. */
const KEPT_MS = 86_400_000;

export interface ProviderKeysOptions extends DocumentAccess {
  readonly issuer: string;
  /** The URL of the JWK Set. Default: from the discovery document of the issuer. */
  readonly url?: string | undefined;
}

interface KnownKeys {
  readonly find: KeyGetter;
  readonly fetchedAt: number;
}

/**
 * The keys with which an issuer signs. They are fetched for the first token, again after 10 minutes in the background,
 * and for a key that is unknown. While the provider does not respond, or not with keys, the known ones count for 24 h.
 */
export class ProviderKeys {
  readonly #options: ProviderKeysOptions;
  #known: KnownKeys | undefined;
  #fetching: Promise<void> | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  /** Why the last fetch failed; undefined if it did not. */
  #failure: GatewayError | undefined;

  constructor(options: ProviderKeysOptions) {
    this.#options = options;
  }

  /**
   * The key of a signature; jose takes the method as its key getter.
   * @throws JOSEError (of jose) if the token fits none of the keys. @throws GatewayError if the keys are not to be had.
   */
  readonly resolve: KeyGetter = async (protectedHeader, token) => {
    const known = this.#valid ?? (await this.#fetched());
    if (this.#now - known.fetchedAt >= REFRESH_MS) this.#fetch();
    try {
      return await known.find(protectedHeader, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw this.#asFailure(error);
      return await this.#findAnew(protectedHeader, token);
    }
  };

  /**
   * After a fetch, if one is allowed. While the provider does not respond, nobody can say that an unknown key is not
   * its new one.
   */
  #findAnew: KeyGetter = async (protectedHeader, token) => {
    const { find } = await this.#fetched();
    if (this.#failure !== undefined) throw this.#unavailable(this.#failure);
    try {
      return await find(protectedHeader, token);
    } catch (error) {
      throw this.#asFailure(error);
    }
  };

  get #now(): number {
    return this.#options.clock.now();
  }

  get #valid(): KnownKeys | undefined {
    if (this.#known === undefined) return undefined;
    return this.#now - this.#known.fetchedAt < KEPT_MS ? this.#known : undefined;
  }

  async #fetched(): Promise<KnownKeys> {
    await this.#fetch();
    const known = this.#valid;
    if (known === undefined) throw this.#unavailable(this.#failure ?? unavailable(undefined));
    return known;
  }

  /** One fetch for all that wait. @returns undefined if the last one has begun too short a time ago. */
  #fetch(): Promise<void> | undefined {
    if (this.#fetching === undefined && this.#now - this.#startedAt >= COOLDOWN_MS) {
      this.#startedAt = this.#now;
      this.#fetching = this.#load();
    }
    return this.#fetching;
  }

  async #load(): Promise<void> {
    const { issuer, url } = this.#options;
    try {
      // The address may change, so that each fetch begins at the discovery document.
      const document = await fetchProviderDocument(url ?? (await discoverKeys(issuer, this.#options)), this.#options);
      this.#known = { find: keySet(document), fetchedAt: this.#now };
      this.#failure = undefined;
    } catch (cause) {
      this.#failure = unavailable(cause);
    } finally {
      this.#fetching = undefined;
    }
  }

  #asFailure(error: unknown): unknown {
    return error instanceof UnusableKey ? this.#unavailable(unavailable(error)) : error;
  }

  #unavailable(failure: GatewayError): GatewayError {
    const seconds = Math.ceil((this.#startedAt + COOLDOWN_MS - this.#now) / 1_000);
    return failure.saying(['Retry-After', String(Math.max(1, seconds))]);
  }
}

function unavailable(cause: unknown): GatewayError {
  return precomputed('identity.unavailable', 'The identity provider gives no keys', { cause });
}
