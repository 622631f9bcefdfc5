import type { TargetReading } from '../../core/ports/balancer.ts';

/** The state of a target from its outcomes and its health check. */
export class Health {
  /** Failures in a row. */
  failures = 0;
  /** Ejections in a row. */
  ejections = 0;
  ejectedUntil = 0;
  /** Unhealthy by its health check. */
  down = false;
  /** Backing off because of its `Retry-After`. */
  restingUntil = 0;
  /** The start of its slow start. */
  startedAt = Number.NEGATIVE_INFINITY;

  /** Whether it is neither ejected nor unhealthy; a target that backs off may be. */
  isWell(now: number): boolean {
    return !this.down && this.ejectedUntil <= now;
  }

  aside(now: number): TargetReading['aside'] {
    if (this.down) return 'unhealthy';
    if (this.ejectedUntil > now) return 'ejected';
    return this.restingUntil > now ? 'backing_off' : undefined;
  }
}
