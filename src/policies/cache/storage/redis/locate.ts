import type { RedisPlace } from '../../../../config/redis-url.ts';
import { CONNECT_MS, type RedisClient, withClient } from './client.ts';

/** Less than a check may take as a whole, so that Sentinels that hang end no session. */
const CHECK_MS = 1_000;

/** The one server that has all keys of a gateway. */
export interface RedisNode {
  readonly url: string;
  /** Rejects if the server is not the one any more. */
  check(commands: RedisClient): Promise<unknown>;
}

type Several = Exclude<RedisPlace, { kind: 'single' }>;

/**
 * Finds the server that has a key. All keys of a gateway are at one server, since a record and the purges since are
 * read together, and sessions are changed together with their labels: in a cluster by one hash tag.
 * @throws if nobody who knows it responds.
 */
export async function locate(place: RedisPlace, key: string): Promise<RedisNode> {
  if (place.kind === 'single') return { url: place.url, check: commands => commands.ping() };
  if (place.kind === 'cluster') {
    const url = await firstOf(place, node => withClient(node, CONNECT_MS, client => masterOfKey(client, key, node)));
    // A node that lost the slot says MOVED, and one that lost its cluster CLUSTERDOWN.
    return { url, check: commands => commands.exists(key) };
  }
  const url = await masterOf(place, CONNECT_MS);
  return { url, check: commands => stillMaster(place, url, commands) };
}

/** The first that responds decides, so that a dead or hanging one costs no time. */
async function firstOf({ nodes }: Several, ask: (node: string) => Promise<string>): Promise<string> {
  try {
    return await Promise.any(nodes.map(ask));
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

/** By CLUSTER KEYSLOT and CLUSTER SLOTS, which every version has. */
async function masterOfKey(client: RedisClient, key: string, node: string): Promise<string> {
  const slot = Number(await client.sendCommand(['CLUSTER', 'KEYSLOT', key]));
  const ranges: unknown = await client.sendCommand(['CLUSTER', 'SLOTS']);
  for (const [first, last, master] of rowsOf(ranges)) {
    if (Number(first) > slot || Number(last) < slot) continue;
    const [host, port] = rowOf(master).map(String);
    return withAddress(node, host ?? '', port ?? '');
  }
  throw new Error(`the cluster serves no slot ${slot}`);
}

/** With the credentials and the TLS of the written URL. An empty host is that of the node that was called. */
function withAddress(node: string, host: string, port: string): string {
  const url = new URL(node);
  if (host !== '') url.hostname = host.includes(':') ? `[${host}]` : host;
  url.port = port;
  return url.href;
}

async function masterOf(place: Extract<RedisPlace, { kind: 'sentinel' }>, limitMs: number): Promise<string> {
  return firstOf(place, node =>
    withClient(node, limitMs, async client => {
      const reply: unknown = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', place.master]);
      const [host, port] = rowOf(reply).map(String);
      if (host === undefined || port === undefined) throw new Error(`no Sentinel knows a master "${place.master}"`);
      return place.urlOf(host, port);
    }),
  );
}

/** A master that the Sentinels have replaced may still take writes, which will be lost. */
async function stillMaster(
  place: Extract<RedisPlace, { kind: 'sentinel' }>,
  url: string,
  commands: RedisClient,
): Promise<void> {
  const [role] = rowOf(await commands.sendCommand(['ROLE'])).map(String);
  if (role !== 'master') throw new Error(`the server of "${place.master}" is no master now`);
  // While no Sentinel responds, the master stays the one that it was.
  const now = await masterOf(place, CHECK_MS).catch(() => url);
  if (now !== url) throw new Error(`"${place.master}" has another master now`);
}

function rowOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function rowsOf(reply: unknown): readonly (readonly unknown[])[] {
  return rowOf(reply).map(rowOf);
}

/** The prefix of all keys: in a cluster a hash tag, so that they are in one slot. */
export function prefixIn(place: RedisPlace, prefix: string): string {
  const hasTag = /\{[^}]+\}/.test(prefix);
  return place.kind !== 'cluster' || hasTag ? prefix : `{${prefix.replaceAll(/[{}]/g, '')}}`;
}
