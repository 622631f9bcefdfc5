import type { AttemptTarget, Journal, TargetPoolReading } from '../../core/ports/journal.ts';
import type { PartSpan, SiteSpan } from '../../core/ports/tracer.ts';
import { AttemptRecord } from './attempt-record.ts';
import type { PartFacts, SiteFacts } from './facts.ts';
import type { WaitingTime } from './waiting-time.ts';

const NO_ATTEMPTS: readonly AttemptRecord[] = [];
const NO_PARTS: readonly PartRecord[] = [];
const NO_REASONS: readonly string[] = [];

/** What happened at a call site: the route itself, or a part. Times are those of `Clock.exact`. */
export abstract class SiteRecord implements Journal, SiteFacts {
  readonly startedAt: number;
  /** Cache-Status; undefined without a cache. */
  cacheStatus: string | undefined;
  breaker: string | undefined;
  /** The code of the failure for which a fallback stands in. */
  fallback: string | undefined;
  limit: 'queued' | 'refused' | undefined;
  /** The milliseconds that it waited for a permit. */
  queuedMs: number;
  isHedged: boolean;
  /** Why each further attempt was made, in their order. */
  retries: readonly string[];
  attempts: readonly AttemptRecord[];
  parts: readonly PartRecord[];
  /** The targets of the service that was called. */
  pool: TargetPoolReading | undefined;
  protected readonly waiting: WaitingTime;

  // Assigned here, because fields with values cost each request a call of their own.
  constructor(waiting: WaitingTime, startedAt: number) {
    this.startedAt = startedAt;
    this.cacheStatus = undefined;
    this.breaker = undefined;
    this.fallback = undefined;
    this.limit = undefined;
    this.queuedMs = 0;
    this.isHedged = false;
    this.retries = NO_REASONS;
    this.attempts = NO_ATTEMPTS;
    this.parts = NO_PARTS;
    this.pool = undefined;
    this.waiting = waiting;
  }

  protected abstract get span(): SiteSpan | undefined;

  cached(status: string): void {
    this.cacheStatus = status;
  }

  circuit(state: string): void {
    this.breaker = state;
  }

  fellBack(code: string): void {
    this.fallback = code;
  }

  queued(): void {
    this.limit = 'queued';
    this.queuedMs -= this.waiting.begin();
  }

  admitted(): void {
    this.queuedMs += this.waiting.end();
  }

  shed(): void {
    // One that waited in vain.
    if (this.limit === 'queued') this.admitted();
    this.limit = 'refused';
  }

  retried(why: string): void {
    this.retries = [...this.retries, why];
  }

  hedged(): void {
    this.isHedged = true;
  }

  attempt(service: string, method: string, target?: AttemptTarget, pool?: TargetPoolReading): AttemptRecord {
    const { attempts } = this;
    const span = this.span?.attempt(service, attempts.length + 1, method, target);
    const attempt = new AttemptRecord(service, target, this.waiting, span);
    // Nearly every call has one attempt, and a literal is as long as its one element.
    this.attempts = attempts.length === 0 ? [attempt] : [...attempts, attempt];
    this.pool = pool;
    return attempt;
  }

  part(name: string): PartRecord {
    const part = new PartRecord(name, this.waiting, this.span);
    this.parts = this.parts.length === 0 ? [part] : [...this.parts, part];
    return part;
  }

  waits(): void {
    this.waiting.begin();
  }

  continues(): void {
    this.waiting.end();
  }

  abstract failed(code: string): void;

  abstract absent(): void;

  abstract end(): void;
}

/** A part of an aggregate. */
export class PartRecord extends SiteRecord implements PartFacts {
  readonly name: string;
  /** The code of its failure. */
  failure: string | undefined = undefined;
  /** Whether it failed, and nothing took its place. */
  isAbsent = false;
  endedAt: number | undefined = undefined;
  readonly #span: PartSpan | undefined;

  constructor(name: string, waiting: WaitingTime, parent: SiteSpan | undefined) {
    super(waiting, waiting.now());
    this.name = name;
    this.#span = parent?.part(name, this.startedAt);
  }

  protected get span(): PartSpan | undefined {
    return this.#span;
  }

  /** Until now, if it is not over. */
  elapsedMs(): number {
    return (this.endedAt ?? this.waiting.now()) - this.startedAt;
  }

  failed(code: string): void {
    this.failure = code;
  }

  absent(): void {
    this.isAbsent = true;
  }

  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.waiting.now();
    this.#span?.end(this.failure, this.endedAt);
  }
}
