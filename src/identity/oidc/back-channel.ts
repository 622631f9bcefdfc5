import { jwtVerify } from 'jose';
import { type Body, collect } from '../../core/body.ts';
import { GatewayError } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import { emptyReply, withHeader } from '../../core/reply.ts';
import type { ProviderKeys } from '../jwt/provider-keys.ts';
import { providerSessionLabel, userLabel } from '../session/session-record.ts';
import type { Sessions } from '../session/sessions.ts';
import { withoutContent } from './provider-failure.ts';
import type { SignInParts } from './sign-in-routes.ts';

/** A logout token is small. */
const MAX_BYTES = 64 * 1024;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** The age up to which a logout token counts, and for which it is remembered. */
const MAX_AGE_SECONDS = 300;
const SKEW_SECONDS = 30;

/** What a logout token names: a session of the provider, a user, or both. */
interface LogoutToken {
  readonly issuer: string;
  readonly id: string;
  readonly sid: string | undefined;
  readonly subject: string | undefined;
}

/**
 * Ends sessions at the provider's request (OpenID Connect Back-Channel Logout §2.5): those of one of its sessions, or
 * all of a user. What is open for them ends, too, at every process.
 */
export function backChannelHandler(
  { oidc, provider, sessions, clock, meter }: SignInParts,
  keys: ProviderKeys,
): Handler {
  return async x => {
    const text = await logoutTokenIn(x.body);
    const token = await verified(text, { keys, audience: oidc.clientId, issuer: provider.issuer, now: clock.wall() });
    // A provider that does not number its sessions in ID tokens means all of the user (§2.1).
    const isNumbered = (await provider.configuration()).serverMetadata().backchannel_logout_session_supported === true;
    const name = `${token.issuer} ${token.id}`;
    if (!(await sessions.isFirst(name, (MAX_AGE_SECONDS + SKEW_SECONDS) * 1_000)))
      throw refused('This logout token was used before');
    const ended = await endSessions(sessions, token, isNumbered).catch(async (failure: unknown) => {
      // The provider sends it again.
      await sessions.forget(name).catch(() => undefined);
      throw failure;
    });
    meter.ended('back_channel', ended);
    return withHeader(emptyReply(200), 'Cache-Control', 'no-store');
  };
}

function endSessions(sessions: Sessions, { issuer, sid, subject }: LogoutToken, isNumbered: boolean): Promise<number> {
  const ofSession = sid !== undefined && (isNumbered || subject === undefined);
  return ofSession
    ? sessions.endAll('provider-session', providerSessionLabel(issuer, sid))
    : sessions.endAll('user', userLabel(issuer, subject ?? ''));
}

async function logoutTokenIn(body: Body): Promise<string> {
  const bytes = await collect(
    body,
    MAX_BYTES,
    () => new GatewayError('request.body_too_large', 'The body is too large'),
  );
  const token = new URLSearchParams(bytes.toString()).getAll('logout_token');
  if (token.length !== 1 || token[0] === undefined) throw refused('The body is a form with one logout_token');
  return token[0];
}

interface Verification {
  readonly keys: ProviderKeys;
  readonly issuer: string;
  readonly audience: string;
  readonly now: number;
}

async function verified(text: string, { keys, issuer, audience, now }: Verification): Promise<LogoutToken> {
  const { payload } = await jwtVerify(text, (header, token) => keys.resolve(header, token), {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    requiredClaims: ['iat', 'jti', 'events'],
    clockTolerance: SKEW_SECONDS,
    maxTokenAge: MAX_AGE_SECONDS,
    currentDate: new Date(now),
  }).catch((cause: unknown) => {
    throw cause instanceof GatewayError ? cause : refused('The logout token is not valid', cause);
  });
  const { sid, sub, jti, events, nonce } = payload;
  if (nonce !== undefined) throw refused('A logout token has no nonce');
  const event = isObject(events) ? events[EVENT] : undefined;
  if (!isObject(event)) throw refused('The logout token is about no logout');
  const names = { sid: textOf(sid), subject: textOf(sub) };
  if (names.sid === undefined && names.subject === undefined) throw refused('The logout token names nobody');
  return { issuer, id: textOf(jti) ?? '', ...names };
}

/** Never a symmetric one, whose key would be a public key or the gateway's own secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

function refused(message: string, cause?: unknown): GatewayError {
  return new GatewayError('request.malformed', message, cause === undefined ? {} : { cause: withoutContent(cause) });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
