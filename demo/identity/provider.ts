import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import { accountOf } from './accounts.ts';
import { PAGE_HEADERS, problemPage, signedOutPage, signOutPage } from './pages.ts';
import { IdentityStorage } from './storage.ts';

/** The API that access tokens are for: the `aud` that the cart's server requires. */
export const CART_API = 'urn:lintel:cart';
const CART_SCOPE = 'cart';

/** How the shop is known at the provider. */
export interface ShopClient {
  readonly id: string;
  readonly secret: string;
  /** Of the gateway, as browsers reach it. */
  readonly origin: string;
}

const ACCESS_SECONDS = 300;
const DAY_SECONDS = 86_400;
const OPENID_SCOPES = ['openid', 'offline_access'];

/** The identity provider of the shop, a real one: OpenID Connect with refresh tokens and back-channel logout. */
export async function createProvider(issuer: string, shop: ShopClient): Promise<Provider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'lintel', alg: 'RS256', use: 'sig' };
  return new Provider(issuer, {
    adapter: IdentityStorage,
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clients: [clientOf(shop)],
    scopes: OPENID_SCOPES,
    claims: { openid: ['sub', 'name'] },
    // In the ID token, so that the gateway need not fetch the name.
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => accountOf(id),
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    loadExistingGrant: grantOf,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    features: featuresOf(),
    ttl: {
      AccessToken: ACCESS_SECONDS,
      AuthorizationCode: 60,
      Grant: DAY_SECONDS,
      IdToken: ACCESS_SECONDS,
      Interaction: 600,
      RefreshToken: DAY_SECONDS,
      Session: DAY_SECONDS,
    },
    renderError: (ctx, { error, error_description: detail = error }) => {
      show(ctx, problemPage('That did not work', detail));
    },
    // Its own dispatcher refuses addresses of this computer, where the shop is.
    fetch: (url, { dispatcher: _, ...options } = {}) => globalThis.fetch(url, options),
  });
}

type Client = NonNullable<Configuration['clients']>[number];

function clientOf({ id, secret, origin }: ShopClient): Client {
  return {
    client_id: id,
    client_secret: secret,
    redirect_uris: [`${origin}/auth/callback`],
    post_logout_redirect_uris: [`${origin}/`],
    backchannel_logout_uri: `${origin}/auth/backchannel`,
    backchannel_logout_session_required: true,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

function featuresOf(): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // Only the shop can have the ID token, so it is the shop that the visitor came from, and has said it there.
      logoutSource: (ctx, form) => show(ctx, signOutPage(form, ctx.oidc.entities.IdTokenHint !== undefined)),
      postLogoutSuccessSource: ctx => show(ctx, signedOutPage()),
    },
    // Access tokens are JWTs for the cart's server, which checks them with the provider's keys.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => CART_API,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: CART_SCOPE,
        audience: CART_API,
        accessTokenFormat: 'jwt',
        accessTokenTTL: ACCESS_SECONDS,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  };
}

function show(ctx: KoaContextWithOIDC, html: string): void {
  ctx.set(PAGE_HEADERS);
  ctx.body = html;
}

/** The shop and its provider belong together, so that nobody has to agree to what the shop learns. */
async function grantOf(ctx: KoaContextWithOIDC) {
  const { provider, client, session } = ctx.oidc;
  if (client === undefined || session?.accountId === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found !== undefined) return found;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(OPENID_SCOPES.join(' '));
  grant.addResourceScope(CART_API, CART_SCOPE);
  await grant.save();
  return grant;
}
