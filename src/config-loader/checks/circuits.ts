import { DEFAULTS } from '../../config/defaults.ts';
import { parseDuration } from '../../config/duration.ts';
import type { Breaker, CallPolicy } from '../../config/policies.ts';
import { fixedServiceOf } from '../call-target.ts';
import { mergePolicy } from '../merge.ts';
import { option, type ProblemDraft } from '../problem-draft.ts';
import type { RouteCheck, RouteFile } from '../route-file.ts';

/** A breaker of a route or a part, merged with its folders, its service and the defaults. */
interface CircuitSite {
  readonly file: string;
  readonly path: readonly string[];
  /** The options of its own file. */
  readonly written: CallPolicy['breaker'];
  readonly breaker: Breaker;
}

/**
 * Sites with one name share a circuit, which needs equal options. If a function chooses the service, only the site's
 * own options can be compared.
 */
export function checkSharedCircuits(routes: readonly RouteFile[]): readonly ProblemDraft[] {
  const named = routes.flatMap(sitesOf).filter(({ breaker }) => breaker.name !== undefined);
  const byName = Map.groupBy(named, ({ breaker }) => breaker.name ?? '');
  return [...byName].flatMap(([name, [first, ...others]]) => {
    const different = others.filter(other => first !== undefined && differences(first, other).length > 0);
    return first === undefined || different.length === 0 ? [] : [conflict(name, first, different)];
  });
}

/**
 * A slow call rate has no effect without a slow call duration. In a folder or a service it may apply to those sites
 * that have one.
 */
export const checkSlowRate: RouteCheck = route =>
  sitesOf(route)
    .filter(({ written, breaker }) => saysSlowRate(written) && breaker.slowCall === undefined)
    .map(({ file, path }) => ({
      code: 'P140',
      marks: [option(file, [...path, 'breaker', 'slowRate'], 'key')],
      message: '`slowRate` without `slowCall`: no call is slow',
      remedy: "add slowCall: '500ms' (what takes longer is slow), or remove slowRate",
    }));

function saysSlowRate(breaker: CircuitSite['written']): boolean {
  return typeof breaker === 'object' && breaker.slowRate !== undefined;
}

function sitesOf({ file, written, merged, kind: response }: RouteFile): readonly CircuitSite[] {
  const parts = Object.entries(written.aggregate ?? {}).flatMap(([name, part]) =>
    site(file, ['aggregate', name], [part, part], part.from),
  );
  return [...(response === 'proxy' ? site(file, [], [written, merged], merged.proxy) : []), ...parts];
}

function site(
  file: string,
  path: readonly string[],
  [written, merged]: readonly [own: CallPolicy, withFolders: CallPolicy],
  target: unknown,
): readonly CircuitSite[] {
  const breaker = mergePolicy(fixedServiceOf(target)?.options?.breaker, merged.breaker);
  if (typeof breaker !== 'object') return [];
  return [{ file, path, written: written.breaker, breaker: { ...DEFAULTS.breaker, ...breaker } }];
}

const NUMBERS = [
  'errorRate',
  'slowCall',
  'slowRate',
  'minRequests',
  'window',
  'resetTimeout',
  'maxResetTimeout',
] as const;

function differences(one: CircuitSite, other: CircuitSite): readonly (typeof NUMBERS)[number][] {
  return NUMBERS.filter(name => numberOf(one.breaker[name]) !== numberOf(other.breaker[name]));
}

/** '60s' and '1m' are equal. */
function numberOf(value: string | number | undefined): number | undefined {
  if (typeof value !== 'string') return value;
  return parseDuration(value) ?? Number.parseFloat(value);
}

function conflict(name: string, first: CircuitSite, others: readonly CircuitSite[]): ProblemDraft {
  const keys = NUMBERS.filter(key => others.some(other => differences(first, other).includes(key)));
  const noted = (site: CircuitSite) => ({
    ...option(site.file, [...site.path, 'breaker']),
    note: keys.map(key => `${key} ${site.breaker[key] ?? 'none'}`).join(', '),
  });
  return {
    code: 'P139',
    marks: [noted(first), ...others.map(noted)],
    message: `one circuit, "${name}", is given different numbers: ${keys.join(', ')}`,
    remedy: 'say the same everywhere (once, in _defaults.ts or the options of the service), or give one another name',
  };
}
