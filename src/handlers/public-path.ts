import { type PublicPath, SAME_PATH } from '../core/public-path.ts';

/**
 * The public form of a backend's paths, from the pattern of the call and the address of the route: `/v2/items/[id]`
 * behind `/api/products/[id]` maps `/v2/items/8` to `/api/products/8`. Undefined if no rule is known.
 */
export function publicPathOf(pattern: string, address: string): PublicPath | undefined {
  const inner = segmentsOf(pattern.split('?', 1)[0] ?? '');
  const outer = segmentsOf(address);
  if (inner.join('/') === outer.join('/')) return SAME_PATH;
  while ((inner.some(isParam) || outer.some(isParam)) && inner.at(-1) === outer.at(-1)) {
    inner.pop();
    outer.pop();
  }
  if (inner.some(isParam) || outer.some(isParam)) return undefined;
  return { from: inner.join('/'), to: outer.join('/') };
}

/** A matcher is not part of the param's name. */
function segmentsOf(path: string): string[] {
  return path
    .replaceAll(/=[^\]]+\]/g, ']')
    .replace(/\/$/, '')
    .split('/');
}

function isParam(segment: string): boolean {
  return segment.includes('[');
}
