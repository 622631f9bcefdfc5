import type { TargetEntry, Targets } from '../../define/balancing.ts';
import type { ServiceOptions } from '../../define/service.ts';
import { entriesOf } from '../../define/target-entries.ts';
import type { Draft } from '../draft.ts';
import { type At, checkTargets } from './targets.ts';

/** A canary that some call may reach, and that is told from the other machines. */
export function checkCanary(name: string, { canary, targets }: ServiceOptions, at: At): readonly Draft[] {
  if (canary === undefined) return [];
  const unreached = (canary.share ?? canary.header ?? canary.cookie) === undefined;
  return [
    ...checkTargets(name, canary.targets, at, ['canary', 'targets']),
    ...(unreached ? [unreachedDraft(name, at)] : []),
    ...sharedDrafts(targets, canary.targets, at),
  ];
}

function unreachedDraft(name: string, at: At): Draft {
  return {
    code: 'P141',
    marks: [at(['canary'])],
    message: `no call reaches the canary of "${name}": it has neither share nor header nor cookie`,
    remedy: "say who goes there: share: '5%', header: 'x-canary' or cookie: 'canary'",
  };
}

function sharedDrafts(targets: Targets, canary: Targets, at: At): readonly Draft[] {
  const stable = new Set(entriesOf(targets).map(urlOf));
  const both = entriesOf(canary)
    .map(urlOf)
    .filter(url => stable.has(url));
  return both.map(url => ({
    code: 'P142',
    marks: [at(['canary', 'targets'])],
    message: `${url} is among the targets and in the canary`,
    remedy: 'list it once: what a canary fails at is tried again on the other machines',
  }));
}

function urlOf(entry: TargetEntry): string {
  const url = typeof entry === 'string' ? entry : entry.url;
  return URL.parse(url)?.href.replace(/\/+$/, '') ?? url;
}
