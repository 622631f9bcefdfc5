import type { TargetEntry, Targets } from '../../config/balancing.ts';
import type { ServiceOptions } from '../../config/service.ts';
import { entriesOf } from '../../config/target-entries.ts';
import type { ProblemDraft } from '../problem-draft.ts';
import { checkTargets, type OptionPath } from './targets.ts';

/** A canary can be reached by some call and has targets of its own. */
export function checkCanary(
  name: string,
  { canary, targets }: ServiceOptions,
  at: OptionPath,
): readonly ProblemDraft[] {
  if (canary === undefined) return [];
  const unreached = (canary.share ?? canary.header ?? canary.cookie) === undefined;
  return [
    ...checkTargets(name, canary.targets, at, ['canary', 'targets']),
    ...(unreached ? [unreachedDraft(name, at)] : []),
    ...sharedDrafts(targets, canary.targets, at),
  ];
}

function unreachedDraft(name: string, at: OptionPath): ProblemDraft {
  return {
    code: 'P141',
    marks: [at(['canary'])],
    message: `no call reaches the canary of "${name}": it has neither share nor header nor cookie`,
    remedy: "say who goes there: share: '5%', header: 'x-canary' or cookie: 'canary'",
  };
}

function sharedDrafts(targets: Targets, canary: Targets, at: OptionPath): readonly ProblemDraft[] {
  const stable = new Set(entriesOf(targets).map(urlOf));
  const both = entriesOf(canary)
    .map(urlOf)
    .filter(url => stable.has(url));
  return both.map(url => ({
    code: 'P142',
    marks: [at(['canary', 'targets'])],
    message: `${url} is among the targets and in the canary`,
    remedy: 'list it once: calls that fail at a canary are retried at the other targets',
  }));
}

function urlOf(entry: TargetEntry): string {
  const url = typeof entry === 'string' ? entry : entry.url;
  return URL.parse(url)?.href.replace(/\/+$/, '') ?? url;
}
