import type { CallOutcomeName } from '../../core/call-outcome.ts';

/** What the attempts at a service came to, and how many were hedges. */
export class AttemptCounter {
  hedges = 0;
  readonly #findings = new Map<CallOutcomeName, number>();

  count(name: CallOutcomeName): void {
    this.#findings.set(name, (this.#findings.get(name) ?? 0) + 1);
  }

  get findings(): ReadonlyMap<CallOutcomeName, number> {
    return this.#findings;
  }
}
