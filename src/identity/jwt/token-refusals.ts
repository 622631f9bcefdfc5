import { errors } from 'jose';
import { GatewayError, precomputed } from '../../core/failure.ts';

/**
 * A flood of forged tokens meets failures that exist already. Clients read the text (RFC 6750 §3): it names a rule, and
 * nothing that the token has.
 */
function refusal(text: string): GatewayError {
  const challenge = `Bearer error="invalid_token", error_description="${text}"`;
  return precomputed('request.unauthorized', text, { headers: ['WWW-Authenticate', challenge] });
}

/** Why a token is refused. */
export const REFUSALS = {
  invalid: refusal('The access token is not valid'),
  length: refusal('The access token is too long'),
  algorithm: refusal('The access token is signed with an algorithm that is not accepted'),
  header: refusal('The header of the access token has a parameter that is not accepted'),
  type: refusal('The token is no access token'),
  key: refusal('The access token is signed with an unknown key'),
  signature: refusal('The signature of the access token is not valid'),
  expiry: refusal('The access token has no expiry time'),
  expired: refusal('The access token has expired'),
  early: refusal('The access token is not valid yet'),
  issuer: refusal('The access token is from another issuer'),
  audience: refusal('The access token is for another audience'),
  subject: refusal('The access token has no subject'),
} as const;

const BY_CLAIM: ReadonlyMap<string, GatewayError> = new Map([
  ['iss', REFUSALS.issuer],
  ['aud', REFUSALS.audience],
  ['exp', REFUSALS.expiry],
]);

/** The failure of a request with a token that jose, or a rule of ours, does not accept. */
export function refusalOf(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof errors.JWSSignatureVerificationFailed) return REFUSALS.signature;
  if (error instanceof errors.JWTExpired) return REFUSALS.expired;
  if (error instanceof errors.JWTClaimValidationFailed) return ofClaim(error);
  if (error instanceof errors.JOSEAlgNotAllowed) return REFUSALS.algorithm;
  if (isWithoutKey(error)) return REFUSALS.key;
  return error instanceof errors.JOSEError ? REFUSALS.invalid : ofLibrary(error);
}

function ofClaim({ claim, reason }: errors.JWTClaimValidationFailed): GatewayError {
  if (claim === 'nbf' && reason === 'check_failed') return REFUSALS.early;
  return BY_CLAIM.get(claim) ?? REFUSALS.invalid;
}

function isWithoutKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;
}

/** An error that jose does not announce, such as for a key that is too short: the log has it. */
function ofLibrary(cause: unknown): GatewayError {
  const { message, details } = REFUSALS.invalid;
  return new GatewayError('request.unauthorized', message, { ...details, cause });
}

/** Whether the same token is refused a moment later, too. */
export function isLasting(failure: GatewayError): boolean {
  return failure.code === 'request.unauthorized' && failure !== REFUSALS.key && failure !== REFUSALS.early;
}
