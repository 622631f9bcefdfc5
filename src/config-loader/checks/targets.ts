import { isIP } from 'node:net';
import type { TargetEntry, Targets } from '../../config/balancing.ts';
import { parseDuration } from '../../config/duration.ts';
import { addressesIn, isList, reasonAgainst, shownAddress } from '../../config/target-entries.ts';
import type { Mark, ProblemDraft } from '../problem-draft.ts';
import { MAX_MS } from './times.ts';

/** The position of an option of a service. */
export type OptionPath = (path: readonly string[]) => Mark;

/** At least one target, all of them valid. @param path the option that lists them. */
export function checkTargets(
  name: string,
  targets: Targets,
  at: OptionPath,
  path: readonly string[] = ['targets'],
): readonly ProblemDraft[] {
  if (isList(targets)) return addressDrafts(name, targets, at, path);
  if (typeof targets === 'function') return [];
  const kinds = KINDS.filter(kind => kind in targets);
  const stray = ('default' in targets && !('env' in targets)) || ('interval' in targets && !('find' in targets));
  if (kinds.length !== 1 || stray) return [mixedDraft(name, at(path))];
  if ('env' in targets) return variableDrafts(name, targets, at, path);
  if ('dns' in targets) return nameDrafts(name, targets.dns, at([...path, 'dns']));
  return 'find' in targets ? intervalDrafts(targets, at, path) : [];
}

const KINDS = ['env', 'dns', 'srv', 'find'] as const;

function mixedDraft(name: string, mark: Mark): ProblemDraft {
  return {
    code: 'P129',
    marks: [mark],
    message: `it is not clear where the targets of "${name}" are`,
    remedy: 'write one of { env, default }, { dns }, { srv } and { find, interval }',
  };
}

function variableDrafts(
  name: string,
  targets: Extract<Targets, { env: string }>,
  at: OptionPath,
  path: readonly string[],
): readonly ProblemDraft[] {
  const set = addressesIn(targets.env);
  if (set.length > 0) return addressDrafts(name, set, () => at([...path, 'env']), []);
  if (targets.default !== undefined) return addressDrafts(name, targets.default, at, [...path, 'default']);
  return [
    {
      code: 'P129',
      marks: [at([...path, 'env'])],
      message: `service "${name}" has no ${path.join('.')}: ${targets.env} is not set`,
      remedy: `set ${targets.env} to comma-separated addresses, or add default: ['http://127.0.0.1:4001']`,
    },
  ];
}

/** A DNS source needs a name, not an address. */
function nameDrafts(name: string, written: string, mark: Mark): readonly ProblemDraft[] {
  const full = written.includes('://') ? written : `http://${written}`;
  const hostname = URL.parse(full)?.hostname ?? '';
  const reason =
    reasonAgainst(full) ?? (isIP(hostname.replace(/^\[|\]$/g, '')) > 0 ? 'it is an address, not a name' : undefined);
  if (reason === undefined) return [];
  const remedy = "write a name and its port: { dns: 'catalog.internal:4001' }, or { dns: 'https://catalog.internal' }";
  const message = `service "${name}" cannot look for ${shownAddress(written)}: ${reason}`;
  return [{ code: 'P129', marks: [mark], message, remedy }];
}

function intervalDrafts(
  targets: { readonly interval?: string },
  at: OptionPath,
  path: readonly string[],
): readonly ProblemDraft[] {
  const { interval } = targets;
  const ms = interval === undefined ? undefined : parseDuration(interval);
  if (ms === undefined || (ms > 0 && ms <= MAX_MS)) return [];
  const message = `"${[...path, 'interval'].join('.')}" must be longer than nothing and at most 24d, not ${interval}`;
  return [{ code: 'P123', marks: [at([...path, 'interval'])], message, remedy: "write how often: interval: '10s'" }];
}

function addressDrafts(
  name: string,
  targets: readonly TargetEntry[],
  at: OptionPath,
  path: readonly string[],
): readonly ProblemDraft[] {
  const remedy = "write http://host:port or https://host, such as 'http://127.0.0.1:4001'";
  if (targets.length === 0) {
    return [{ code: 'P129', marks: [at(path)], message: `service "${name}" has no ${path.join('.')}`, remedy }];
  }
  return targets.flatMap((target, i): readonly ProblemDraft[] => {
    const [url, place] = typeof target === 'string' ? [target, [String(i)]] : [target.url, [String(i), 'url']];
    const reason = reasonAgainst(url);
    if (reason === undefined) return [];
    const message = `service "${name}" cannot call ${shownAddress(url)}: ${reason}`;
    return [{ code: 'P129', marks: [at([...path, ...place])], message, remedy }];
  });
}
