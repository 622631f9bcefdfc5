/** An address of a name with its TTL. */
export interface NameAddress {
  readonly address: string;
  readonly ttlSeconds: number;
}

/** A target that offers a service (RFC 2782). */
export interface ServiceRecord {
  /** The name of the target; '' if the service is declared unavailable. */
  readonly name: string;
  readonly port: number;
  /** The lowest value comes first. */
  readonly priority: number;
  readonly weight: number;
}

/**
 * Queries the DNS. A query rejects if no server responds or its signal aborts; a name without records gives an empty
 * list.
 */
export interface NameResolver {
  /** IPv4 and IPv6. */
  addresses(name: string, signal: AbortSignal): Promise<readonly NameAddress[]>;
  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
}

/** The targets of a service can no longer be found, or can again. */
export interface LookupNews {
  readonly service: string;
  readonly state: 'lost' | 'back';
  readonly why: unknown;
}
