import type { Tls } from '../../config/service.ts';

/**
 * What opens a TLS connection: certificates are always verified, by the service's own authorities where it names some.
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
