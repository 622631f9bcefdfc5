/**
 * The network of a client for counting. An IPv6 connection has a network of its own (a /64, RFC 6177), in which it may
 * take any address. An IPv4 address is counted alone, also as an IPv6 address that stands for one.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = groupsIn(address);
  return ipv4In(groups) ?? `${groups.slice(0, 4).join(':')}::/64`;
}

/** Prefixes of IPv6 addresses whose end is an IPv4 address: mapped ones (RFC 4291 §2.5.5.2), and NAT64 (RFC 6052). */
const OF_IPV4: ReadonlySet<string> = new Set(['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0']);

function ipv4In(groups: readonly string[]): string | undefined {
  if (!OF_IPV4.has(groups.slice(0, 6).join(':'))) return undefined;
  return groups
    .slice(6)
    .flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
    .join('.');
}

/** The eight groups of an address, without leading zeros. */
function groupsIn(address: string): readonly string[] {
  const [text = ''] = address.toLowerCase().split('%');
  const [left = '', right] = text.split('::');
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const missing = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...new Array<string>(missing).fill('0'), ...after];
}

function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap(group => (group.includes('.') ? ipv4Groups(group) : [group.replace(/^0+(?=.)/, '')]));
}

/** An IPv4 address at the end is two groups. */
function ipv4Groups(text: string): readonly string[] {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [a * 256 + b, c * 256 + d].map(group => group.toString(16));
}
