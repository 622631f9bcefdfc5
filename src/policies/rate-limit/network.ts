/**
 * The network of a client for counting. An IPv6 connection has a network of its own (a /64, RFC 6177), in which it may
 * take any address; an IPv4 address is counted alone.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [text = ''] = address.split('%');
  const [left = '', right] = text.toLowerCase().split('::');
  const before = groupsOf(left);
  const after = right === undefined ? [] : groupsOf(right);
  const missing = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...new Array<string>(missing).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups, neither of which is among the first four. */
function groupsOf(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(':').flatMap(group => (group.includes('.') ? ['0', '0'] : [group.replace(/^0+(?=.)/, '')]));
}
