import type { CallOutcomeName } from '../../core/call-outcome.ts';

/** Counts the outcomes of a service's attempts, and its hedges. */
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
