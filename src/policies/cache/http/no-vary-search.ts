import { parseDictionary } from 'structured-headers';
import type { HeaderList } from '../../../core/headers/header-list.ts';
import type { QueryRule } from './query.ts';

/** Maximum of remembered paths per call site. */
const MAX_PATHS = 1_000;

/**
 * Parses `No-Vary-Search`: the query parameters that do not change the response (draft-ietf-httpbis-no-vary-search).
 * Undefined if it is absent or not understood; then every parameter counts.
 */
export function noVarySearchOf(headers: HeaderList): QueryRule | undefined {
  const value = headers.joined('no-vary-search');
  if (value === undefined) return undefined;
  try {
    return ruleIn(parseDictionary(value));
  } catch {
    return undefined;
  }
}

function ruleIn(fields: ReturnType<typeof parseDictionary>): QueryRule | undefined {
  const order = fields.get('key-order')?.[0] ?? false;
  const params = fields.get('params')?.[0] ?? false;
  const except = namesIn(fields.get('except')?.[0]);
  if (typeof order !== 'boolean') return undefined;
  if (Array.isArray(params)) {
    const ignore = namesIn(params);
    return ignore === undefined || fields.has('except') ? undefined : { ignore, only: undefined, sort: order };
  }
  if (typeof params !== 'boolean') return undefined;
  if (!params) return fields.has('except') || !order ? undefined : { ignore: [], only: undefined, sort: order };
  return except === undefined && fields.has('except') ? undefined : { ignore: [], only: except ?? [], sort: order };
}

// Here a `*` at the end of a name is literal, but in a rule it marks a prefix, so such a name counts as relevant.
function namesIn(list: unknown): string[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const names = list.map((item: unknown) => (Array.isArray(item) ? item[0] : item));
  return names.every(name => typeof name === 'string' && !name.endsWith('*')) ? names : undefined;
}

/** The rules of one call site's backends by path; the oldest are forgotten first. */
export class SearchRules {
  readonly #rules = new Map<string, QueryRule>();

  of(path: string): QueryRule | undefined {
    return this.#rules.size === 0 ? undefined : this.#rules.get(path);
  }

  learn(path: string, rule: QueryRule | undefined): void {
    if (rule === undefined && this.#rules.size === 0) return;
    this.#rules.delete(path);
    if (rule === undefined) return;
    this.#rules.set(path, rule);
    if (this.#rules.size <= MAX_PATHS) return;
    for (const oldest of this.#rules.keys()) {
      this.#rules.delete(oldest);
      return;
    }
  }
}
