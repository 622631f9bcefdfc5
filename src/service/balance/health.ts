import type { TargetReading } from '../../core/ports/balancer.ts';

/** What a target's answers showed, and its health check. */
export class Health {
  /** Failures in a row. */
  failures = 0;
  /** Ejections in a row. */
  ejections = 0;
  ejectedUntil = 0;
  /** By its health check. */
  down = false;
  /** By its own `Retry-After`. */
  restingUntil = 0;
  /** Since when it grows back to its weight. */
  startedAt = Number.NEGATIVE_INFINITY;

  /** Whether nothing is wrong with it: a target that rests is well. */
  isWell(now: number): boolean {
    return !this.down && this.ejectedUntil <= now;
  }

  aside(now: number): TargetReading['aside'] {
    if (this.down) return 'unhealthy';
    if (this.ejectedUntil > now) return 'ejected';
    return this.restingUntil > now ? 'backing_off' : undefined;
  }
}
