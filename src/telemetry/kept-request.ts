import type { CallOutcomeName } from '../core/call-outcome.ts';
import type { AttemptTarget } from '../core/ports/journal.ts';
import type { FallbackUse } from '../core/reply.ts';
import type { AttemptFacts, FailureText, PartFacts, RequestFacts, SiteFacts } from './record/facts.ts';

// Places for copies of records, which are used again (docs/decisions/046-requests-stay-young.md). NaN is a time that is
// missing, because a field with numbers alone holds them without an object for each.

const NO_TIME = Number.NaN;

function timeOf(kept: number): number | undefined {
  return Number.isNaN(kept) ? undefined : kept;
}

class KeptAttempt implements AttemptFacts {
  service = '';
  target: AttemptTarget | undefined = undefined;
  startedAt = NO_TIME;
  outcome: CallOutcomeName | undefined = undefined;
  status: number | undefined = undefined;
  #answeredAt = NO_TIME;
  #endedAt = NO_TIME;

  get answeredAt(): number | undefined {
    return timeOf(this.#answeredAt);
  }

  get endedAt(): number | undefined {
    return timeOf(this.#endedAt);
  }

  copy(attempt: AttemptFacts): void {
    this.service = attempt.service;
    this.target = attempt.target;
    this.startedAt = attempt.startedAt;
    this.outcome = attempt.outcome;
    this.status = attempt.status;
    this.#answeredAt = attempt.answeredAt ?? NO_TIME;
    this.#endedAt = attempt.endedAt ?? NO_TIME;
  }
}

/** A list whose places are used again. */
class KeptList<Kept extends { copy(from: From): void }, From> {
  readonly #places: Kept[] = [];
  readonly #create: () => Kept;
  #count = 0;

  constructor(create: () => Kept) {
    this.#create = create;
  }

  get current(): readonly Kept[] {
    return this.#places.slice(0, this.#count);
  }

  copy(list: readonly From[]): void {
    this.#count = list.length;
    for (let i = 0; i < list.length; i++) {
      const from = list[i];
      if (from !== undefined) this.#place(i).copy(from);
    }
  }

  #place(i: number): Kept {
    const known = this.#places[i];
    if (known !== undefined) return known;
    const place = this.#create();
    this.#places.push(place);
    return place;
  }
}

class KeptSite implements SiteFacts {
  startedAt = NO_TIME;
  cacheStatus: string | undefined = undefined;
  breaker: string | undefined = undefined;
  fallback: string | undefined = undefined;
  limit: SiteFacts['limit'] = undefined;
  queuedMs = 0;
  isHedged = false;
  retries: readonly string[] = [];
  readonly #attempts = new KeptList<KeptAttempt, AttemptFacts>(() => new KeptAttempt());

  get attempts(): readonly AttemptFacts[] {
    return this.#attempts.current;
  }

  protected copySite(site: SiteFacts): void {
    this.startedAt = site.startedAt;
    this.cacheStatus = site.cacheStatus;
    this.breaker = site.breaker;
    this.fallback = site.fallback;
    this.limit = site.limit;
    this.queuedMs = site.queuedMs;
    this.isHedged = site.isHedged;
    this.retries = site.retries;
    this.#attempts.copy(site.attempts);
  }
}

class KeptPart extends KeptSite implements PartFacts {
  name = '';
  failure: string | undefined = undefined;
  isAbsent = false;
  #endedAt = NO_TIME;

  get endedAt(): number | undefined {
    return timeOf(this.#endedAt);
  }

  copy(part: PartFacts): void {
    this.copySite(part);
    this.name = part.name;
    this.failure = part.failure;
    this.isAbsent = part.isAbsent;
    this.#endedAt = part.endedAt ?? NO_TIME;
  }
}

/** A copy of the record of a request that is over. */
export class KeptRequest extends KeptSite implements RequestFacts {
  method = '';
  requestId = '';
  traceParent: string | undefined = undefined;
  route: string | undefined = undefined;
  file: string | undefined = undefined;
  path = '';
  status = 0;
  failureText: FailureText | undefined = undefined;
  isLongLived = false;
  fallbacks: readonly FallbackUse[] | undefined = undefined;
  durationMs = NO_TIME;
  waitingMs = NO_TIME;
  clientMs = NO_TIME;
  readonly #parts = new KeptList<KeptPart, PartFacts>(() => new KeptPart());

  get parts(): readonly PartFacts[] {
    return this.#parts.current;
  }

  copy(request: RequestFacts): void {
    this.copySite(request);
    this.method = request.method;
    this.requestId = request.requestId;
    this.traceParent = request.traceParent;
    this.route = request.route;
    this.file = request.file;
    this.path = request.path;
    this.status = request.status;
    this.failureText = request.failureText;
    this.isLongLived = request.isLongLived;
    this.fallbacks = request.fallbacks;
    this.durationMs = request.durationMs;
    this.waitingMs = request.waitingMs;
    this.clientMs = request.clientMs;
    this.#parts.copy(request.parts);
  }
}
