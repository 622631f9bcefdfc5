import type { JsonObject } from '../../config/json-object.ts';
import { type DocumentAccess, fetchProviderDocument, NoDocument } from './provider-document.ts';

/**
 * The URL of an issuer's keys, from its discovery document (OpenID Connect Discovery 1.0 §4, else RFC 8414 §3).
 * @throws Error if there is no document, or one that is not the issuer's or names no keys.
 */
export async function discoverKeys(issuer: string, access: DocumentAccess): Promise<string> {
  const document = await discoveryDocument(issuer, access);
  // Of another issuer, or one in other letters: its keys would vouch for tokens of the configured one (RFC 8414 §3.3).
  if (document.issuer !== issuer) {
    throw new Error(`the discovery document of "${issuer}" names the issuer ${short(document.issuer)}`);
  }
  return keysUrl(issuer, document.jwks_uri);
}

async function discoveryDocument(issuer: string, access: DocumentAccess): Promise<JsonObject> {
  const [openid, oauth] = documentUrls(issuer);
  try {
    return await fetchProviderDocument(openid, access);
  } catch (error) {
    if (!(error instanceof NoDocument)) throw error;
    return fetchProviderDocument(oauth, access);
  }
}

/** OpenID Connect appends to the issuer's path, RFC 8414 inserts in front of it; a final slash does not count. */
function documentUrls(issuer: string): readonly [openid: string, oauth: string] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}

function keysUrl(issuer: string, url: unknown): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  const mayBePlain = new URL(issuer).protocol === 'http:';
  if (parsed?.protocol === 'https:' || (mayBePlain && parsed?.protocol === 'http:')) return parsed.href;
  throw new Error(`the discovery document of "${issuer}" has the "jwks_uri" ${short(url)}, which is no URL of https`);
}

/** Part of a foreign document for the log. */
function short(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 200);
}
