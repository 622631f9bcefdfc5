import type { LoadedRoute, Segment } from '../config/loaded-route.ts';

/** A param of one path template. */
export interface PathParam {
  /** Its name in the template. */
  readonly name: string;
  /** Its name in the route. */
  readonly param: string;
  readonly segment: Exclude<Segment, { kind: 'literal' }>;
}

/** A path of the document: an address without optional segments. */
export interface PathTemplate {
  /** `/products/{id}`. */
  readonly path: string;
  readonly params: readonly PathParam[];
}

/**
 * The path templates of routes. OpenAPI 3.1 §4.8.8.2: a template matches one segment with each name, names are not
 * optional, and two templates that differ in names only are the same. So an optional segment makes two templates, and
 * routes that name the same place differently share the name of the first.
 */
export class PathTemplates {
  readonly #names = new Map<string, readonly string[]>();

  of({ segments }: LoadedRoute): readonly PathTemplate[] {
    return readings(segments).map(reading => this.#template(reading));
  }

  #template(segments: readonly Segment[]): PathTemplate {
    const held = segments.filter(segment => segment.kind !== 'literal');
    const shape = segments.map(segment => (segment.kind === 'literal' ? encodeURI(segment.text) : '{}'));
    const key = shape.join('/');
    const names = this.#names.get(key) ?? held.map(({ name }) => name);
    this.#names.set(key, names);
    const left = [...names];
    return {
      path: `/${shape.map(text => (text === '{}' ? `{${left.shift()}}` : text)).join('/')}`,
      params: held.map((segment, i) => ({ name: names[i] ?? segment.name, param: segment.name, segment })),
    };
  }
}

/** An address with and without each of its optional segments. */
function readings(segments: readonly Segment[]): readonly (readonly Segment[])[] {
  let all: (readonly Segment[])[] = [[]];
  for (const segment of segments) {
    const taken = all.map(before => [...before, segment]);
    all = segment.kind !== 'literal' && segment.optional ? [...all, ...taken] : taken;
  }
  return all;
}
