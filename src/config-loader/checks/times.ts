import { DEFAULTS } from '../../config/defaults.ts';
import { parseDuration } from '../../config/duration.ts';
import type { CallPolicy, Timeouts } from '../../config/policies.ts';
import { fixedServiceOf } from '../call-target.ts';
import { mergePolicy } from '../merge.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck } from '../route-file.ts';

/** A route limits its parts, so a part with the same or a longer timeout never reaches its own. */
export const checkPartTimeouts: RouteCheck = ({ file, written, merged }) => {
  const route = boundOf(merged.timeout);
  if (route === undefined) return [];
  return Object.entries(written.aggregate ?? {}).flatMap(([name, part]): readonly ProblemDraft[] => {
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

/** Options that a timeout makes pointless: a window shorter than the calls, or a delay that no call reaches. */
export const checkTimings: RouteCheck = ({ file, written, merged, kind: response }) => {
  const parts = Object.entries(written.aggregate ?? {}).map(([name, part]) => ({
    path: ['aggregate', name],
    site: part,
    service: fixedServiceOf(part.from)?.options,
  }));
  const own = { path: [], site: merged, service: fixedServiceOf(merged.proxy)?.options };
  return [...(response === 'proxy' ? [own] : []), ...parts].flatMap(({ path, site, service }) => {
    // A conflict within a service alone is reported where the service is defined.
    if ([site.breaker, site.timeout, site.hedge].every(policy => policy === undefined)) return [];
    const together = {
      breaker: mergePolicy(service?.breaker, site.breaker),
      hedge: mergePolicy(service?.hedge, site.hedge),
      timeout: mergePolicy(service?.timeout, site.timeout),
    };
    const said = [written.breaker, written.timeout, written.hedge];
    const inherited = path.length === 0 && said.every(policy => policy === undefined);
    const drafts = timingDrafts(together, of => option(file, [...path, ...of]));
    return inherited ? drafts.map(draft => ({ ...draft, message: `by its _defaults.ts, ${draft.message}` })) : drafts;
  });
};

export function timingDrafts(
  policy: Loose,
  at: (path: readonly string[]) => ProblemDraft['marks'][0],
): readonly ProblemDraft[] {
  return [...windowDrafts(policy, at(['breaker', 'window'])), ...lateDrafts(policy, at)];
}

/** A delay during a call has to be shorter than the timeout of the call. */
function lateDrafts(policy: Loose, at: (path: readonly string[]) => ProblemDraft['marks'][0]): readonly ProblemDraft[] {
  const bound = boundOf(policy.timeout);
  if (bound === undefined) return [];
  return LATE.flatMap(([name, key]): readonly ProblemDraft[] => {
    const text = textAt(policy[name], key);
    const ms = text === undefined ? undefined : parseDuration(text);
    if (ms === undefined || ms < bound.ms) return [];
    return [
      {
        code: 'P144',
        marks: [at([name, key])],
        message: `\`${name}.${key}\` (${text}) is no shorter than the timeout (${bound.text}), which ends a call before`,
        remedy: `write less than ${bound.text}, or a longer timeout`,
      },
    ];
  });
}

const LATE = [
  ['breaker', 'slowCall'],
  ['hedge', 'after'],
] as const;

function textAt(policy: unknown, key: string): string | undefined {
  if (typeof policy !== 'object' || policy === null) return undefined;
  const text: unknown = Reflect.get(policy, key);
  return typeof text === 'string' ? text : undefined;
}

function windowDrafts(policy: Loose, mark: ProblemDraft['marks'][0]): readonly ProblemDraft[] {
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
  readonly hedge?: unknown;
  readonly timeout?: unknown;
}

function windowOf(breaker: unknown): string | undefined {
  if (typeof breaker !== 'object' || breaker === null) return undefined;
  return 'window' in breaker && typeof breaker.window === 'string' ? breaker.window : DEFAULTS.breaker.window;
}

interface TimeBound {
  readonly ms: number;
  readonly text: string;
}

/** The shorter of the headers and total timeouts, as far as they are set. */
function boundOf(timeout: unknown): TimeBound | undefined {
  const { headers, total } = spelledOut(timeout);
  const bounds = [headers, total].flatMap((text): TimeBound[] => {
    const ms = text === undefined ? undefined : parseDuration(text);
    return ms === undefined || text === undefined ? [] : [{ ms, text }];
  });
  return bounds.sort((a, b) => a.ms - b.ms)[0];
}

function spelledOut(timeout: unknown): Pick<Timeouts, 'headers' | 'total'> {
  if (typeof timeout === 'string') return { headers: timeout as NonNullable<Timeouts['headers']> };
  return typeof timeout === 'object' && timeout !== null ? timeout : {};
}

// A Node timer with a longer delay fires at once.
export const MAX_MS = 2 ** 31 - 1;

interface Spans extends CallPolicy {
  readonly ejection?: unknown;
  readonly slowStart?: unknown;
  readonly health?: unknown;
}

/** Durations for timers are neither zero nor too long. */
export function checkSpans(
  policy: Spans,
  at: (path: readonly string[]) => ProblemDraft['marks'][0],
): readonly ProblemDraft[] {
  const spans = (['timeout', 'breaker', 'hedge', 'ejection', 'slowStart', 'health'] as const).flatMap(name =>
    spansOf(policy[name], name),
  );
  return spans.flatMap(({ path, text }): readonly ProblemDraft[] => {
    const ms = parseDuration(text);
    if (ms === undefined || (ms > 0 && ms <= MAX_MS)) return [];
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
