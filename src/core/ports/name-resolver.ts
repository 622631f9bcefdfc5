/** An address of a name, and for how long that is said to be true. */
export interface NameAddress {
  readonly address: string;
  readonly ttlSeconds: number;
}

/** A target that offers a service (RFC 2782). */
export interface ServiceRecord {
  /** Of the target; '' where it is said that there is none. */
  readonly name: string;
  readonly port: number;
  /** The lowest comes first. */
  readonly priority: number;
  readonly weight: number;
}

/**
 * Queries the DNS. A query rejects where no server responds, and as soon as its signal is aborted; a name without
 * records is an empty list.
 */
export interface NameResolver {
  /** IPv4 and IPv6. */
  addresses(name: string, signal: AbortSignal): Promise<readonly NameAddress[]>;
  services(name: string, signal: AbortSignal): Promise<readonly ServiceRecord[]>;
}

/** The targets of a service cannot be found any more, or can again. */
export interface LookupNews {
  readonly service: string;
  readonly state: 'lost' | 'back';
  readonly why: unknown;
}
