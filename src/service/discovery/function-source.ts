import type { TargetFinder } from '../../config/balancing.ts';
import { configuredTarget } from '../balance/configured-targets.ts';
import type { ResolvedTargets, TargetSource } from './source.ts';

/** The result of a team's own function, which the loader could not validate. */
export class FunctionSource implements TargetSource {
  readonly #find: TargetFinder;
  readonly #everyMs: number;

  constructor(find: TargetFinder, intervalMs: number) {
    this.#find = find;
    this.#everyMs = intervalMs;
  }

  async find(signal: AbortSignal): Promise<ResolvedTargets> {
    const entries: unknown = await this.#find(signal);
    if (!Array.isArray(entries)) throw new TypeError('the function that finds targets returned no list');
    return { targets: entries.map(entry => configuredTarget(entry)), goodForMs: this.#everyMs };
  }
}
