type PublicPath = (path: string) => string;

/**
 * How a backend's paths are called in public, by the pattern of the call and the address of the route: `/v2/items/[id]` behind
 * `/api/products/[id]` makes `/api/products/8` of `/v2/items/8`. Undefined where they are called the same, or no rule can be seen.
 */
export function publicPathOf(pattern: string, address: string): PublicPath | undefined {
  const inner = segmentsOf(pattern.split('?', 1)[0] ?? '');
  const outer = segmentsOf(address);
  while (isParam(inner.at(-1)) && inner.at(-1) === outer.at(-1)) {
    inner.pop();
    outer.pop();
  }
  if (inner.some(isParam) || outer.some(isParam)) return undefined;
  const from = inner.join('/');
  const to = outer.join('/');
  if (from === to) return undefined;
  return path => {
    const below = path === from || path.startsWith(`${from}/`);
    return below ? to + path.slice(from.length) || '/' : path;
  };
}

/** A matcher narrows a param and is no part of its name. */
function segmentsOf(path: string): string[] {
  return path
    .replaceAll(/=[^\]]+\]/g, ']')
    .replace(/\/$/, '')
    .split('/');
}

function isParam(segment: string | undefined): boolean {
  return segment?.includes('[') === true;
}
