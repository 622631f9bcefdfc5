import type { TargetEntry, Targets } from './balancing.ts';

/** The machines that are listed, wherever they are. */
export function entriesOf(targets: Targets): readonly TargetEntry[] {
  if (!('env' in targets)) return targets;
  const named = addressesIn(targets.env);
  return named.length > 0 ? named : (targets.default ?? []);
}

/** The addresses that an environment variable lists, comma-separated. */
export function addressesIn(variable: string): readonly string[] {
  const named = (process.env[variable] ?? '').split(',').map(each => each.trim());
  return named.filter(each => each !== '');
}
