import type { JWTHeaderParameters, JWTPayload } from 'jose';
import type { User } from '../../core/user.ts';
import { claimTexts } from '../claim-texts.ts';
import { rolesOf } from '../roles.ts';
import { REFUSALS } from './token-refusals.ts';

/** Parameters that would let a token bring its own key, or that have to be understood (RFC 7515 §4.1, §4.1.11). */
const FORBIDDEN_PARAMETERS = ['crit', 'jwk', 'jku', 'x5u'];

/** Types of access tokens: RFC 9068, and what providers used before it. */
const TYPES: ReadonlySet<string> = new Set(['application/at+jwt', 'application/jwt']);

/** Claims of ID tokens (OpenID Connect Core 1.0 §2, §3.3.2.11) and of logout tokens (Back-Channel Logout 1.0 §2.4). */
const FOREIGN_CLAIMS = ['at_hash', 'c_hash', 'events'];

/** The same of Keycloak, which tells them apart by a claim. */
const FOREIGN_TYPES: ReadonlySet<unknown> = new Set(['ID', 'Logout']);

/**
 * Refuses a signature in another spelling than that of RFC 7515 §2: with padding, spaces, or bits that do not count
 * (RFC 4648 §3.5). It would be valid, so that one token could be remembered as any number of them. @throws GatewayError
 */
export function checkSpelling(token: string): void {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw REFUSALS.invalid;
}

/** @param typ the only type that is accepted. @throws GatewayError */
export function checkHeader(header: JWTHeaderParameters, typ: string | undefined): void {
  if (FORBIDDEN_PARAMETERS.some(name => Object.hasOwn(header, name))) throw REFUSALS.header;
  if (!isAccepted(header.typ, typ)) throw REFUSALS.type;
}

function isAccepted(typ: unknown, wanted: string | undefined): boolean {
  if (typ === undefined) return wanted === undefined;
  if (typeof typ !== 'string') return false;
  return wanted === undefined ? TYPES.has(mediaType(typ)) : mediaType(typ) === mediaType(wanted);
}

/** RFC 7515 §4.1.9: `application/` may be left out. */
function mediaType(typ: string): string {
  const name = typ.toLowerCase();
  return name.includes('/') ? name : `application/${name}`;
}

/**
 * The user of an access token whose signature, issuer, audience and time are checked. A token that a program got for
 * itself may have no `sub`; the program is its user then.
 * @param roles the claim path of the roles. @throws GatewayError for a token of another kind, or of nobody.
 */
export function userOf(claims: JWTPayload, issuer: string, roles: string): User {
  if (isForeign(claims)) throw REFUSALS.type;
  const { sub, client_id: client = claims.azp } = claims;
  const subject: unknown = sub === undefined ? client : sub;
  if (typeof subject !== 'string' || subject === '') throw REFUSALS.subject;
  return frozen({ issuer, subject, claims, scopes: scopesOf(claims), roles: rolesOf(claims, roles) });
}

/** A `nonce` is of an ID token, but Keycloak before version 25 puts one into access tokens, too, and calls them so. */
function isForeign(claims: JWTPayload): boolean {
  if (FOREIGN_CLAIMS.some(name => Object.hasOwn(claims, name)) || FOREIGN_TYPES.has(claims.typ)) return true;
  return Object.hasOwn(claims, 'nonce') && claims.typ !== 'Bearer';
}

/** `scope` is a list with spaces (RFC 9068 §2.2.3, RFC 8693 §4.2); `scp` of other providers is that, or an array. */
export function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly string[] {
  const value = scope ?? scp;
  return claimTexts(typeof value === 'string' ? value.split(' ') : value);
}

/** All requests with a token share its user, so that no function of a project may change it. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
