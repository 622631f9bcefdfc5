import type { OptionTexts } from '../config/option-texts.ts';
import type { StartFailure } from '../config-loader/start-failure.ts';
import type { GenerationView, OptionChange, RouteNumbers } from '../core/generation-view.ts';
import type { MetricsSnapshot } from '../telemetry/metrics.ts';
import { addRouteTotals, p95Ms, type RouteTotals } from '../telemetry/route-totals.ts';

/** The most generations and refused reloads that are remembered; the oldest go first. */
const MAX_REMEMBERED = 50;
/** The most changes of a generation that are shown: a new project has some for each route. */
const MAX_CHANGES = 500;

const UNKNOWN = Promise.resolve(undefined);

/** The options of a generation: of its routes, services and the gateway. */
export type GenerationOptions = Readonly<Record<string, OptionTexts>>;

interface Remembered extends Pick<GenerationView, 'generation' | 'at' | 'mistakes'> {
  /** What it changed, which is compared while it serves; undefined if it is not known. */
  readonly changes: Promise<readonly OptionChange[] | undefined>;
  readonly isRefused: boolean;
  /** Of its workers that are gone. */
  readonly totals: Map<string, RouteTotals>;
}

/** What each generation of workers changed, and how it did. */
export class GenerationHistory {
  readonly #remembered: Remembered[] = [];

  /** @param changes undefined if they are not known. It never rejects. */
  began(generation: number, changes: Promise<readonly OptionChange[] | undefined>): void {
    this.#remember({ generation, changes, mistakes: [], isRefused: false });
  }

  /** @param generation the one that goes on. */
  refused(generation: number, failure: StartFailure): void {
    this.#remember({ generation, changes: UNKNOWN, mistakes: mistakesIn(failure), isRefused: true });
  }

  /** A worker of a generation is gone. */
  left(generation: number | undefined, metrics: MetricsSnapshot): void {
    const of = this.#remembered.find(each => each.generation === generation && !each.isRefused);
    if (of !== undefined) addRouteTotals(of.totals, metrics);
  }

  /** @param living the metrics of the workers of a generation that run. @returns the latest first. */
  async views(
    current: number,
    living: ReadonlyMap<number, readonly MetricsSnapshot[]>,
  ): Promise<readonly GenerationView[]> {
    const remembered = await Promise.all(
      this.#remembered.map(async ({ changes, ...of }) => ({ ...of, changes: await changes })),
    );
    let before: ReadonlyMap<string, RouteTotals> = new Map();
    const views = remembered.map(({ isRefused, totals, ...of }): GenerationView => {
      if (isRefused) return { ...of, state: 'refused', routes: [] };
      const all = sumOf(totals, living.get(of.generation) ?? []);
      const routes = numbersOf(all, before);
      before = all;
      return { ...of, state: of.generation === current ? 'serving' : 'replaced', routes };
    });
    return views.reverse();
  }

  #remember(of: Omit<Remembered, 'at' | 'totals'>): void {
    this.#remembered.push({ ...of, at: new Date().toISOString(), totals: new Map() });
    if (this.#remembered.length > MAX_REMEMBERED) this.#remembered.shift();
  }
}

function sumOf(
  totals: ReadonlyMap<string, RouteTotals>,
  living: readonly MetricsSnapshot[],
): ReadonlyMap<string, RouteTotals> {
  const sum = new Map([...totals].map(([route, of]) => [route, { ...of, buckets: [...of.buckets] }]));
  for (const snapshot of living) addRouteTotals(sum, snapshot);
  return sum;
}

function numbersOf(
  totals: ReadonlyMap<string, RouteTotals>,
  before: ReadonlyMap<string, RouteTotals>,
): readonly RouteNumbers[] {
  return [...totals].map(([route, of]) => {
    const earlier = before.get(route);
    return { route, ...numbers(of), ...(earlier === undefined ? {} : { before: numbers(earlier) }) };
  });
}

function numbers(of: RouteTotals) {
  return { requests: of.requests, errors: of.errors, p95Ms: p95Ms(of) };
}

function mistakesIn(failure: StartFailure): readonly string[] {
  switch (failure.kind) {
    case 'definition':
      return failure.problems.map(
        ({ code, file, line, column, message }) => `${code} ${file}:${line}:${column} ${message}`,
      );
    case 'plain':
      return [failure.message];
    case 'crash':
      return [failure.stack.split('\n', 1)[0] ?? failure.stack];
  }
}

/** What changed between two loads. */
export function optionChanges(before: GenerationOptions, after: GenerationOptions): readonly OptionChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap(of => changesOf(of, before[of], after[of])).slice(0, MAX_CHANGES);
}

function changesOf(
  of: string,
  before: OptionTexts | undefined,
  after: OptionTexts | undefined,
): readonly OptionChange[] {
  if (before === undefined) return [{ of, after: 'new' }];
  if (after === undefined) return [{ of, before: 'gone' }];
  const options = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return options
    .filter(option => before[option] !== after[option])
    .map(option => ({
      of,
      option,
      ...(before[option] === undefined ? {} : { before: before[option] }),
      ...(after[option] === undefined ? {} : { after: after[option] }),
    }));
}
