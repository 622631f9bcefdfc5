/**
 * The access token that a service receives in `Authorization`: that of the user; one of its own that the identity
 * provider makes of it for an audience (RFC 8693); or one for the gateway itself with these scopes.
 */
export type ServiceToken =
  | 'user'
  | {
      /** The audience of the service, for which the identity provider exchanges the user's token. Required. */
      readonly exchange: string;
    }
  | {
      /** The scopes of a token for the gateway itself. Required. */
      readonly client: readonly string[];
    };
