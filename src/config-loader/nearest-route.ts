import type { Segment } from '../config/loaded-route.ts';
import { distance } from './nearest.ts';

interface Addressed {
  readonly label: string;
  readonly segments: readonly Segment[];
}

/** A missing or additional segment counts as this many letters. */
const SEGMENT = 3;

/**
 * The label of the most similar route for an unmatched path; undefined if none is similar.
 * @param segments of the path, decoded.
 */
export function nearestRoute(routes: readonly Addressed[], segments: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(segments.join('').length / 3));
  const [best] = routes
    .map(({ label, segments: pattern }) => ({ label, far: farness(pattern, segments) }))
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far);
  return best?.label;
}

function farness(pattern: readonly Segment[], segments: readonly string[]): number {
  const rest = pattern.findIndex(({ kind }) => kind === 'rest');
  const compared = rest < 0 ? pattern : pattern.slice(0, rest);
  const missing =
    rest < 0 ? Math.abs(pattern.length - segments.length) : Math.max(0, compared.length - segments.length);
  return compared.reduce((far, segment, i) => {
    const written = segments[i];
    return segment.kind === 'literal' && written !== undefined ? far + distance(segment.text, written) : far;
  }, missing * SEGMENT);
}
