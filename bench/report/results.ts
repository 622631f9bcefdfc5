import type { FiguresBySubject } from '../measure/figures.ts';

/** The state of code and computer in which a scenario was measured. */
export interface RunInfo {
  /** With a plus if the working tree differs from the commit. */
  readonly commit: string;
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** The load average of one minute before the run: what else the computer was doing. */
  readonly loadBefore: number;
  /** Whether it was a run with few rounds. */
  readonly quick: boolean;
}

/** One scenario with all values of all rounds. */
export interface Measured {
  readonly id: string;
  /** The argument of `npm run bench` that measures it. */
  readonly group: string;
  readonly title: string;
  /** What the CPU time is counted for: a request, an event, a start. Undefined where memory is measured. */
  readonly per?: string;
  /** `portico` first; the others are its peers. */
  readonly subjects: FiguresBySubject;
  /** What a reader has to know, such as a peer that is not installed. */
  readonly notes: readonly string[];
}

export type Scenario = Measured & { readonly run: RunInfo };

/** The content of bench.json. */
export interface Results {
  readonly scenarios: readonly Scenario[];
}

/** More digits than the noise leaves would only make the file longer. */
export function rounded(scenario: Scenario): Scenario {
  return JSON.parse(
    JSON.stringify(scenario, (_key, value) => (typeof value === 'number' ? significant(value) : value)),
  );
}

function significant(value: number): number {
  return Number(value.toPrecision(4));
}

/** Replaces what was measured again, and keeps the rest with its own run. */
export function merged({ scenarios }: Results, measured: Scenario, order: readonly string[]): Results {
  const rest = scenarios.filter(({ id }) => id !== measured.id);
  const rank = ({ group }: Scenario): number => order.indexOf(group);
  // The sort is stable: scenarios of a group stay in the order of their measurement.
  const at = scenarios.findIndex(({ id }) => id === measured.id);
  const placed = at < 0 ? [...rest, measured] : rest.toSpliced(at, 0, measured);
  return { scenarios: placed.toSorted((a, b) => rank(a) - rank(b)) };
}
