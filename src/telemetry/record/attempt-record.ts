import type { CallOutcomeName } from '../../core/call-outcome.ts';
import type { AttemptJournal, AttemptTarget } from '../../core/ports/journal.ts';
import type { AttemptSpan } from '../../core/ports/tracer.ts';
import type { TraceFields } from '../../core/trace-fields.ts';
import type { AttemptFacts } from './facts.ts';
import type { WaitingTime } from './waiting-time.ts';

/** One attempt at a target. Times are those of `Clock.exact`. */
export class AttemptRecord implements AttemptJournal, AttemptFacts {
  readonly service: string;
  /** Undefined where no backend is called. */
  readonly target: AttemptTarget | undefined;
  readonly startedAt: number;
  /** When response headers or a failure came; undefined until then. */
  answeredAt: number | undefined;
  /** When nothing more of it was awaited. */
  endedAt: number | undefined;
  outcome: CallOutcomeName | undefined;
  status: number | undefined;
  readonly #waiting: WaitingTime;
  readonly #span: AttemptSpan | undefined;

  constructor(service: string, target: AttemptTarget | undefined, waiting: WaitingTime, span: AttemptSpan | undefined) {
    this.service = service;
    this.target = target;
    this.startedAt = waiting.begin();
    this.answeredAt = undefined;
    this.endedAt = undefined;
    this.outcome = undefined;
    this.status = undefined;
    this.#waiting = waiting;
    this.#span = span;
  }

  get trace(): TraceFields | undefined {
    return this.#span?.fields;
  }

  answered(outcome: CallOutcomeName, status: number | undefined, afterMs: number): void {
    this.answeredAt ??= this.startedAt + afterMs;
    this.outcome = outcome;
    this.status ??= status;
  }

  end(): void {
    if (this.endedAt !== undefined) return;
    this.endedAt = this.#waiting.end();
    this.#span?.end(this);
  }
}
