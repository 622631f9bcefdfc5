import type { TargetEntry, Targets } from '../../define/balancing.ts';
import { addressesIn } from '../../define/target-entries.ts';
import type { Draft, Mark } from '../draft.ts';

/** Where an option of a service stands. */
export type At = (path: readonly string[]) => Mark;

/** Machines that can be called, and one at least. @param path the option that lists them. */
export function checkTargets(
  name: string,
  targets: Targets,
  at: At,
  path: readonly string[] = ['targets'],
): readonly Draft[] {
  if (!('env' in targets)) return addressDrafts(name, targets, at, path);
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

function addressDrafts(
  name: string,
  targets: readonly TargetEntry[],
  at: At,
  path: readonly string[],
): readonly Draft[] {
  const remedy = "write http://host:port or https://host, such as 'http://127.0.0.1:4001'";
  if (targets.length === 0) {
    return [{ code: 'P129', marks: [at(path)], message: `service "${name}" has no targets`, remedy }];
  }
  return targets.flatMap((target, i): readonly Draft[] => {
    const [url, place] = typeof target === 'string' ? [target, [String(i)]] : [target.url, [String(i), 'url']];
    const reason = reasonAgainst(url);
    if (reason === undefined) return [];
    const message = `service "${name}" cannot call ${JSON.stringify(url)}: ${reason}`;
    return [{ code: 'P129', marks: [at([...path, ...place])], message, remedy }];
  });
}

function reasonAgainst(target: string): string | undefined {
  const url = URL.parse(target);
  if (url === null) return 'it is no URL';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is not spoken here`;
  if (url.username !== '' || url.password !== '') return 'an address carries no user and password';
  return url.search !== '' || url.hash !== '' ? 'an address ends with its path' : undefined;
}
