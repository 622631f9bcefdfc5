import type { Tls } from '../../config/service.ts';

/**
 * The options of a TLS connection: certificates are always verified, with the service's own authorities if it has some.
 */
export interface TlsConnectOptions {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
}

export function tlsConnectOptions({ ca, cert, key, passphrase, servername }: Tls = {}): TlsConnectOptions {
  return {
    ...(ca === undefined ? {} : { ca: [ca].flat() }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
  };
}
