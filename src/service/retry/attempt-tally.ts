import type { FindingName } from '../../core/outcome.ts';

/** What the attempts at a service came to, and how many were hedges. */
export class AttemptTally {
  hedges = 0;
  readonly #findings = new Map<FindingName, number>();

  count(name: FindingName): void {
    this.#findings.set(name, (this.#findings.get(name) ?? 0) + 1);
  }

  get findings(): ReadonlyMap<FindingName, number> {
    return this.#findings;
  }
}
