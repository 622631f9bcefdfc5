import type { Service } from '../config/service.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Meter } from '../core/ports/meter.ts';
import type { Purger } from '../core/ports/purger.ts';
import type { Circuits } from '../policies/breaker/circuits.ts';
import type { CacheParts } from '../policies/cache/cache-parts.ts';
import type { Backend } from '../service/backend.ts';

/** What the chains are made of beside the routes: the gateway's own parts, handed in once. */
export interface ChainDependencies {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cache: CacheParts;
  readonly circuits: Circuits;
  readonly purger: Purger;
  /** One backend per service, shared by every call site. */
  backend(service: Service): Backend;
  /** The project's folder, absolute. */
  readonly dir: string;
  /** The longest body that is read into memory, in bytes. */
  readonly bodyLimit: number;
  /** The longest body that is stored, in bytes. */
  readonly objectLimit: number;
  /** Whether proxied responses are checked against `response`: in `dev` only. */
  readonly checkProxied: boolean;
  /** Whether any route caches, so that every write has something to purge. */
  readonly anyCache: boolean;
}
