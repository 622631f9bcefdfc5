import { DEFAULTS } from '../../define/defaults.ts';
import { parseDuration } from '../../define/duration.ts';
import type { CallPolicy, Timeouts } from '../../define/policy.ts';
import { fixedServiceOf } from '../call-target.ts';
import { type Draft, option } from '../draft.ts';
import { mergePolicy } from '../merge.ts';
import type { RouteCheck } from '../route-file.ts';

/** A part is bounded by its route: a part that may take as long never meets its own timeout. */
export const checkPartTimeouts: RouteCheck = ({ file, written, merged }) => {
  const route = boundOf(merged.timeout);
  if (route === undefined) return [];
  return Object.entries(written.aggregate ?? {}).flatMap(([name, part]): readonly Draft[] => {
    const own = boundOf(part.timeout);
    if (own === undefined || own.ms < route.ms) return [];
    return [
      {
        code: 'P130',
        marks: [
          option(file, ['aggregate', name, 'timeout']),
          ...(written.timeout === undefined ? [] : [{ ...option(file, ['timeout']), note: "the route's own" }]),
        ],
        message: `part "${name}" may take ${own.text}, its route only ${route.text}`,
        remedy: `give the part less than ${route.text}, or the route more`,
      },
    ];
  });
};

/** A window that is shorter than a call forgets calls before they are over. */
export const checkWindows: RouteCheck = ({ file, written, merged, answer }) => {
  const parts = Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
    path: ['aggregate', name],
    site: part,
    service: fixedServiceOf(part.from)?.options,
  }));
  const own = { path: [], site: merged, service: fixedServiceOf(merged.proxy)?.options };
  return [...(answer === 'proxy' ? [own] : []), ...parts].flatMap(({ path, site, service }) => {
    // What the service says alone is reported where the service is defined.
    if (site.breaker === undefined && site.timeout === undefined) return [];
    const together = {
      breaker: mergePolicy(service?.breaker, site.breaker),
      timeout: mergePolicy(service?.timeout, site.timeout),
    };
    const inherited = path.length === 0 && written.breaker === undefined && written.timeout === undefined;
    const drafts = windowDrafts(together, option(file, [...path, 'breaker', 'window']));
    return inherited ? drafts.map(draft => ({ ...draft, message: `by its _defaults.ts, ${draft.message}` })) : drafts;
  });
};

export function windowDrafts(policy: Loose, mark: Draft['marks'][0]): readonly Draft[] {
  const bound = boundOf(policy.timeout);
  const window = windowOf(policy.breaker);
  const windowMs = window === undefined ? undefined : parseDuration(window);
  if (bound === undefined || windowMs === undefined || windowMs >= bound.ms) return [];
  return [
    {
      code: 'P133',
      marks: [mark],
      message: `the breaker's window (${window}) is shorter than the timeout (${bound.text})`,
      remedy: `write window: '${bound.text}' or longer, or a shorter timeout`,
    },
  ];
}

interface Loose {
  readonly breaker?: unknown;
  readonly timeout?: unknown;
}

function windowOf(breaker: unknown): string | undefined {
  if (typeof breaker !== 'object' || breaker === null) return undefined;
  return 'window' in breaker && typeof breaker.window === 'string' ? breaker.window : DEFAULTS.breaker.window;
}

interface Bound {
  readonly ms: number;
  readonly text: string;
}

/** The first of head and total to end a call, as far as they are written. */
function boundOf(timeout: unknown): Bound | undefined {
  const { head, total } = spelledOut(timeout);
  const bounds = [head, total].flatMap((text): Bound[] => {
    const ms = text === undefined ? undefined : parseDuration(text);
    return ms === undefined || text === undefined ? [] : [{ ms, text }];
  });
  return bounds.sort((a, b) => a.ms - b.ms)[0];
}

function spelledOut(timeout: unknown): Pick<Timeouts, 'head' | 'total'> {
  if (typeof timeout === 'string') return { head: timeout as NonNullable<Timeouts['head']> };
  return typeof timeout === 'object' && timeout !== null ? timeout : {};
}

// A timer of Node that is asked for more fires at once.
export const LONGEST_MS = 2 ** 31 - 1;

interface Spans extends CallPolicy {
  readonly ejection?: unknown;
  readonly slowStart?: unknown;
  readonly health?: unknown;
}

/** Spans that a timer must keep: none and too long are both nonsense. */
export function checkSpans(policy: Spans, at: (path: readonly string[]) => Draft['marks'][0]): readonly Draft[] {
  const spans = (['timeout', 'breaker', 'hedge', 'ejection', 'slowStart', 'health'] as const).flatMap(name =>
    spansOf(policy[name], name),
  );
  return spans.flatMap(({ path, text }): readonly Draft[] => {
    const ms = parseDuration(text);
    if (ms === undefined || (ms > 0 && ms <= LONGEST_MS)) return [];
    return [
      {
        code: 'P123',
        marks: [at(path)],
        message: `"${path.join('.')}" must be longer than nothing and at most 24d, not ${text}`,
        remedy: ms === 0 ? `write how long, or switch it off: ${path[0]}: false` : 'write a shorter span',
      },
    ];
  });
}

function spansOf(
  policy: unknown,
  name: string,
): readonly { readonly path: readonly string[]; readonly text: string }[] {
  if (typeof policy === 'string') return [{ path: [name], text: policy }];
  if (typeof policy !== 'object' || policy === null) return [];
  return Object.entries(policy).flatMap(([key, text]) =>
    typeof text === 'string' ? [{ path: [name, key], text }] : [],
  );
}
