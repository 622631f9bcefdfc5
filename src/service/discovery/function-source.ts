import type { TargetFinder } from '../../define/balancing.ts';
import { machineOf } from '../balance/machines-of.ts';
import type { Sighting, Source } from './source.ts';

/** What a team's own function says. Nobody has checked that when the routes were loaded. */
export class FunctionSource implements Source {
  readonly #find: TargetFinder;
  readonly #everyMs: number;

  constructor(find: TargetFinder, everyMs: number) {
    this.#find = find;
    this.#everyMs = everyMs;
  }

  async find(signal: AbortSignal): Promise<Sighting> {
    const entries: unknown = await this.#find(signal);
    if (!Array.isArray(entries)) throw new TypeError('the function that finds targets returned no list');
    return { machines: entries.map(entry => machineOf(entry)), goodForMs: this.#everyMs };
  }
}
