import { patternVariants, variantKey } from '../../router/pattern-variants.ts';
import type { Address } from '../address.ts';
import type { Mark, ProblemDraft } from '../problem-draft.ts';

/** The requests that a file serves. */
interface AddressClaim {
  readonly file: string;
  readonly address: Address;
  readonly hosts: readonly string[];
}

/** Files that match the same requests: a variant of the address, the method and a host are equal. */
export function checkUnique(claims: readonly AddressClaim[]): readonly ProblemDraft[] {
  const claimants = new Map<string, AddressClaim[]>();
  for (const claim of claims) {
    for (const key of keysOf(claim)) claimants.set(key, [...(claimants.get(key) ?? []), claim]);
  }
  const rivals = [...claimants.values()].filter(({ length }) => length > 1);
  const once = new Map(rivals.map(group => [group.map(({ file }) => file).join('\n'), group]));
  return [...once.values()].map(conflict);
}

function keysOf({ address, hosts }: AddressClaim): readonly string[] {
  const keys = new Set(patternVariants(address.segments).map(variantKey));
  const anyHost = hosts.length === 0 ? [''] : hosts;
  return [...keys].flatMap(key => anyHost.map(host => `${host} ${address.method ?? ''} ${key}`));
}

function conflict(group: readonly AddressClaim[]): ProblemDraft {
  const marks = group.map(({ file }): Mark => ({ file, spot: { in: 'file' } }));
  const [first, ...others] = marks;
  const { address } = group[0] ?? {};
  const label = (address?.label ?? '').replace(/\{(\.\.\.)?[^}?]*(\??)\}/g, '{$1$2}');
  return {
    code: 'P102',
    marks: [first ?? { file: '', spot: { in: 'file' } }, ...others],
    message: `${group.length === 2 ? 'two' : group.length} files have the address ${address?.method ?? 'every method of'} ${label}`,
    remedy: 'rename one, give one a matcher ([id=int]), or move one to another host group',
  };
}
