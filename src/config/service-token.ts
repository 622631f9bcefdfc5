/**
 * The access token that a service receives in `Authorization`: that of the user; one of its own that the identity
 * provider makes of it for an audience (RFC 8693); or one for the gateway itself with these scopes.
 */
export type ServiceToken = 'user' | { readonly exchange: string } | { readonly client: readonly string[] };
