import type { Gateway } from '../../src/gateway.ts';

/** A metric of a gateway, over all its labels or over those that have these. */
export async function metric(
  gateway: Gateway,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const values = (await gateway.metrics()).find(each => each.name === name)?.values ?? [];
  const wanted = Object.entries(labels);
  const meant = values.filter(({ labels: has }) => wanted.every(([key, value]) => has[key] === value));
  return meant.reduce((sum, { value }) => sum + value, 0);
}
