import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  clockTolerance,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import type { Oidc } from '../../config/auth.ts';
import type { GatewayError } from '../../core/failure.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { ProviderFetch } from '../../core/ports/identity.ts';
import { unavailable } from './provider-failure.ts';

/** After a failure the provider has this time before the next attempt. */
const REST_MS = 1_000;
/** Its endpoints are read again after this time. */
const REREAD_MS = 3_600_000;
/** The difference of its clock, in seconds. */
const SKEW_SECONDS = 30;

export interface ProviderOptions {
  readonly oidc: Oidc;
  readonly secret: string;
  readonly fetch: ProviderFetch;
  readonly clock: Clock;
  /** Tells an operator whether the provider responds. */
  readonly note: (line: string) => void;
}

/** The identity provider: its endpoints, from its discovery document (OpenID Connect Discovery §4). */
export class Provider {
  readonly #options: ProviderOptions;
  #known: { readonly configuration: Configuration; readonly at: number } | undefined;
  #reading: Promise<Configuration> | undefined;
  #failed: { readonly failure: GatewayError; readonly at: number } | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  get issuer(): string {
    return this.#options.oidc.issuer;
  }

  /** Reads the endpoints once, so that the first sign-in does not wait, and a mistake is seen at the start. */
  warmUp(): void {
    this.configuration().catch(() => undefined);
  }

  /** @throws GatewayError `identity.unavailable` if the provider was never reached. */
  async configuration(): Promise<Configuration> {
    const now = this.#options.clock.now();
    const known = this.#known;
    if (known === undefined) {
      if (this.#failed !== undefined && now - this.#failed.at < REST_MS) throw this.#failed.failure;
      return await this.#read();
    }
    // The old endpoints serve while the new ones are read, and if they cannot be.
    if (now - known.at >= REREAD_MS && this.#rested(now)) this.#read().catch(() => undefined);
    return known.configuration;
  }

  #rested(now: number): boolean {
    return this.#failed === undefined || now - this.#failed.at >= REST_MS * 60;
  }

  #read(): Promise<Configuration> {
    this.#reading ??= this.#discover().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #discover(): Promise<Configuration> {
    const { oidc, clock, note } = this.#options;
    try {
      const configuration = await this.#configure();
      if (this.#failed !== undefined) note(`the identity provider ${oidc.issuer} responds`);
      this.#known = { configuration, at: clock.now() };
      this.#failed = undefined;
      return configuration;
    } catch (cause) {
      const failure = unavailable(cause);
      if (this.#failed === undefined) note(`the identity provider ${oidc.issuer} cannot be used: ${reasonOf(cause)}`);
      this.#failed = { failure, at: clock.now() };
      throw failure;
    }
  }

  async #configure(): Promise<Configuration> {
    const { oidc, secret, fetch } = this.#options;
    const isPlain = oidc.issuer.startsWith('http:');
    const metadata = { client_secret: secret, [clockTolerance]: SKEW_SECONDS };
    // RFC 8414 §2: without a list, `client_secret_basic` is the way.
    const authentication: ClientAuthentication = (server, ...rest) => {
      const ways = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
      const way = ways.includes('client_secret_basic') ? ClientSecretBasic(secret) : ClientSecretPost(secret);
      return way(server, ...rest);
    };
    const configuration = await discovery(new URL(oidc.issuer), oidc.clientId, metadata, authentication, {
      [customFetch]: (url, { method, headers, body }) => fetch(url, { method, headers, body: textOf(body) }),
      execute: isPlain ? [allowInsecureRequests] : [],
    });
    const { issuer } = configuration.serverMetadata();
    // The library takes another spelling for the same. Tokens carry this one, so that a logout would find no session.
    if (issuer !== oidc.issuer && URL.parse(issuer)?.href === URL.parse(oidc.issuer)?.href)
      throw new Error(`it calls itself ${issuer}, so write that in auth.oidc.issuer`);
    enableNonRepudiationChecks(configuration);
    return configuration;
  }
}

type ClientAuthentication = ReturnType<typeof ClientSecretPost>;

function textOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  return typeof body === 'string' || body instanceof URLSearchParams ? String(body) : undefined;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const inner = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
  return `${cause.message}${inner}`;
}
