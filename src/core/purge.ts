/** `hard`: what is stored is not given out again. `soft`: it is stale, and may still stand in while it is asked for again. */
export type PurgeKind = 'hard' | 'soft';

/** What becomes stale. Each target is a tag, or what one of the functions below makes. */
export interface Purge {
  readonly kind: PurgeKind;
  readonly targets: readonly string[];
}

/** Everything that is stored. */
export const EVERYTHING = 'all *';

/** What is stored for one address of one host: `pathAndQuery` as a browser sends it. */
export function addressTarget(host: string, pathAndQuery: string): string {
  return `${ADDRESS}${host}${pathAndQuery}`;
}

/** What is stored below a path, on one host, or on every host where it is ''. */
export function prefixTarget(host: string, path: string): string {
  return `${PREFIX}${host}${path}`;
}

/** What is stored for an address whatever the host. */
export function everyHostTarget(pathAndQuery: string): string {
  return `${ADDRESS}${pathAndQuery}`;
}

/** What is stored for the path of an address by a part of its query only. */
export function anyQueryTarget(address: string): string {
  return `${address.split('?', 1)[0]}?*`;
}

/** The targets of a purge, and with each address what is stored for it by a part of its query: which part, only the answer's route knows. */
export function withAnyQuery(targets: readonly string[]): readonly string[] {
  const asked = targets.filter(target => target.startsWith(ADDRESS) && target.includes('?'));
  return [...targets, ...asked.map(anyQueryTarget)];
}

/** Whether a target is what is stored for an address, and no tag that a team or a backend gave. */
export function isAddressTarget(target: string): boolean {
  return target.startsWith(ADDRESS);
}

/** Whether a target names more than a tag can be looked up for. */
export function isPattern(target: string): boolean {
  return target === EVERYTHING || target.startsWith(PREFIX) || target.startsWith(`${ADDRESS}/`);
}

/** Whether a pattern covers something that is stored with one of these tags. */
export function covers(pattern: string, tags: readonly string[]): boolean {
  if (pattern === EVERYTHING) return true;
  const [kind, text] = pattern.startsWith(PREFIX)
    ? ['prefix', pattern.slice(PREFIX.length)]
    : ['exact', pattern.slice(ADDRESS.length)];
  return tags.some(tag => {
    if (!tag.startsWith(ADDRESS)) return false;
    const address = tag.slice(ADDRESS.length);
    const compared = text.startsWith('/') ? address.slice(Math.max(0, address.indexOf('/'))) : address;
    return kind === 'prefix' ? compared.startsWith(text) : compared === text;
  });
}

const ADDRESS = 'uri ';
const PREFIX = 'prefix ';
