import type { Matcher, Segment } from '../config/loaded-route.ts';
import type { ParamPlaces } from '../core/exchange.ts';

/** How one segment of a path is matched. A rest matches all remaining ones. */
export type PatternStep =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly matcher: Matcher | undefined; readonly optional: boolean }
  | { readonly kind: 'rest'; readonly optional: boolean };

/**
 * One reading of an address: each optional segment is either present or absent, so `[[lang]]/about` has the readings
 * `[lang]/about` and `about`. Step i matches segment i of the path, so the position of a param determines its value.
 */
export interface PatternVariant {
  readonly steps: readonly PatternStep[];
  readonly params: ParamPlaces;
  /** Orders variants with equal steps: present segments before omitted ones. Compared as text. */
  readonly omissions: string;
}

const START: PatternVariant = { steps: [], params: [], omissions: '' };

/** All readings of an address: one, doubled by each optional segment. */
export function patternVariants(segments: readonly Segment[]): readonly PatternVariant[] {
  let readings: readonly PatternVariant[] = [START];
  for (const segment of segments) {
    readings = readings.flatMap(reading => {
      const taken = take(reading, segment);
      if (segment.kind === 'literal' || !segment.optional) return [taken];
      return [taken, { ...reading, omissions: reading.omissions + (segment.kind === 'rest' ? '2' : '1') }];
    });
  }
  return readings;
}

function take(reading: PatternVariant, segment: Segment): PatternVariant {
  const omissions = `${reading.omissions}0`;
  if (segment.kind === 'literal') {
    return { ...reading, steps: [...reading.steps, { kind: 'literal', text: segment.text }], omissions };
  }
  const param = { name: segment.name, index: reading.steps.length, rest: segment.kind === 'rest' };
  const step: PatternStep =
    segment.kind === 'rest'
      ? { kind: 'rest', optional: segment.optional }
      : { kind: 'param', matcher: segment.matcher, optional: segment.optional };
  return { steps: [...reading.steps, step], params: [...reading.params, param], omissions };
}

/** Equal for two variants that match the same paths, so two files with a common key have the same address. */
export function variantKey(reading: PatternVariant): string {
  return `${reading.omissions} ${reading.steps.map(stepKey).join('/')}`;
}

function stepKey(step: PatternStep): string {
  if (step.kind === 'literal') return `=${encodeURIComponent(step.text)}`;
  if (step.kind === 'rest') return '*';
  return `${step.optional ? '?' : ':'}${step.matcher?.name ?? ''}`;
}
