import type { Gateway } from '../../src/gateway.ts';

/** A metric of a gateway, summed over all label sets or over those with these labels. */
export async function metric(
  gateway: Gateway,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const known = (await gateway.metrics()).find(each => each.name === name);
  if (known === undefined) throw new RangeError(`there is no metric ${name}`);
  const wanted = Object.entries(labels);
  const meant = known.values.filter(({ labels: has }) => wanted.every(([key, value]) => has[key] === value));
  return meant.reduce((sum, { value }) => sum + value, 0);
}
