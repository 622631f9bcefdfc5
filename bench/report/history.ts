import type { Costs } from '../costs/costs.ts';
import { medianOf } from '../measure/spread.ts';
import { COMPARISONS, valuesOf } from './comparisons.ts';
import type { Results, RunInfo } from './results.ts';

/** The comparisons of one commit, and the calls and bytes of a request at that commit. */
export interface HistoryRow {
  readonly commit: string;
  readonly date: string;
  readonly medians: Readonly<Record<string, number>>;
  readonly costs: Costs;
}

/** Replaces the row of the commit. It has only what was measured at that commit. */
export function withRow(
  history: readonly HistoryRow[],
  results: Results,
  { commit, date }: RunInfo,
  costs: Costs,
): readonly HistoryRow[] {
  const own = { scenarios: results.scenarios.filter(({ run }) => run.commit === commit) };
  const medians = COMPARISONS.map(each => [each.id, rounded(medianOf(valuesOf(each, own)))] as const);
  const row = { commit, date, medians: Object.fromEntries(medians.filter(([, value]) => !Number.isNaN(value))), costs };
  const at = history.findIndex(each => each.commit === commit);
  return at < 0 ? [...history, row] : history.with(at, row);
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
