import type { ParamPlaces } from '../core/exchange.ts';
import type { Matcher, Segment } from '../define/loaded.ts';

/** How one segment of a request's path is taken. A rest takes all that are left. */
export type Step =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly matcher: Matcher | undefined; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly optional: boolean };

/**
 * One way in which an address can be read: each optional segment is either there or not, so `[[lang]]/about` has the readings
 * `[lang]/about` and `about`. Step i takes segment i of the path, so a param's value is known by its place alone.
 */
export interface Reading {
  readonly steps: readonly Step[];
  readonly params: ParamPlaces;
  /** Orders readings with equal steps: what an address says outright comes before what it left out. Compare as text. */
  readonly omissions: string;
}

const START: Reading = { steps: [], params: [], omissions: '' };

/** All readings of an address: one, and twice as many for each optional segment. */
export function readingsOf(segments: readonly Segment[]): readonly Reading[] {
  let readings: readonly Reading[] = [START];
  for (const segment of segments) {
    readings = readings.flatMap(reading => {
      const taken = take(reading, segment);
      if (segment.kind === 'literal' || !segment.optional) return [taken];
      return [taken, { ...reading, omissions: reading.omissions + (segment.kind === 'rest' ? '2' : '1') }];
    });
  }
  return readings;
}

function take(reading: Reading, segment: Segment): Reading {
  const omissions = `${reading.omissions}0`;
  if (segment.kind === 'literal') {
    return { ...reading, steps: [...reading.steps, { kind: 'literal', text: segment.text }], omissions };
  }
  const param = { name: segment.name, index: reading.steps.length, rest: segment.kind === 'rest' };
  const step: Step =
    segment.kind === 'rest'
      ? { kind: 'rest', optional: segment.optional }
      : { kind: 'param', matcher: segment.matcher, optional: segment.optional };
  return { steps: [...reading.steps, step], params: [...reading.params, param], omissions };
}

/** Equal for two readings that no path can tell apart: two files with one of these in common answer for one address. */
export function readingKey(reading: Reading): string {
  return `${reading.omissions} ${reading.steps.map(stepKey).join('/')}`;
}

function stepKey(step: Step): string {
  if (step.kind === 'literal') return `=${encodeURIComponent(step.text)}`;
  if (step.kind === 'rest') return '*';
  return `${step.optional ? '?' : ':'}${step.matcher?.name ?? ''}`;
}
