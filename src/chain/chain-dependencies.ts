import type { Service } from '../config/service.ts';
import type { BackendMock } from '../core/ports/backend-mock.ts';
import type { CallDecorator } from '../core/ports/call-decorator.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Identity } from '../core/ports/identity.ts';
import type { Meter } from '../core/ports/meter.ts';
import type { Purger } from '../core/ports/purger.ts';
import type { WithheldListener } from '../core/ports/withheld-fields.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import type { SecurityFields } from '../middleware/security-headers.ts';
import type { Circuits } from '../policies/breaker/circuits.ts';
import type { CacheParts } from '../policies/cache/cache-parts.ts';
import type { RateLimiting } from '../policies/rate-limit/stage.ts';
import type { Backend } from '../service/backend.ts';

/** The dependencies of the chains beside the routes: the gateway's own components, passed in once. */
export interface ChainDependencies {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly cache: CacheParts;
  readonly circuits: Circuits;
  readonly rates: RateLimiting;
  /** Undefined if the gateway recognises nobody. */
  readonly identity?: Identity | undefined;
  readonly purger: Purger;
  /** The configured origin of the gateway. */
  readonly origin: string | undefined;
  /** Whether users sign in to sessions. */
  readonly hasSessions: boolean;
  /** The security fields of every response; undefined for none. */
  readonly securityFields: SecurityFields | undefined;
  readonly traces: TraceIds;
  /** Receives what parts do not get of a client's request: in `dev` only. */
  readonly withheld?: WithheldListener | undefined;
  /** Records or replays the calls to the services; undefined for a gateway that does neither. */
  readonly calls?: CallDecorator | undefined;
  /** Responds in place of every service: in `dev --mock` only. */
  readonly mock?: BackendMock | undefined;
  /** One backend per service, shared by every call site. */
  backend(service: Service): Backend;
  /** The project's folder as an absolute path. */
  readonly dir: string;
  /** Maximum size of a body that is read into memory, in bytes. */
  readonly bodyLimit: number;
  /** Maximum size of a stored body, in bytes. */
  readonly objectLimit: number;
  /** Whether proxied responses are validated against `response`: in `dev` only. */
  readonly checkProxied: boolean;
  /** Whether any route has a cache, so that writes have to purge. */
  readonly anyCache: boolean;
}
