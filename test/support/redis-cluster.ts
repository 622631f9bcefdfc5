import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { freePort } from './port.ts';
import { TestRedis } from './redis.ts';

const SLOTS = 16_384;

/** Three masters that share the slots, and a replica of each. */
export class TestRedisCluster implements AsyncDisposable {
  readonly #nodes: readonly TestRedis[];

  private constructor(nodes: readonly TestRedis[]) {
    this.#nodes = nodes;
  }

  static async start(): Promise<TestRedisCluster> {
    const nodes = await Promise.all(Array.from({ length: 6 }, startNode));
    const cluster = new TestRedisCluster(nodes.map(({ redis }) => redis));
    try {
      await formed(nodes);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** Two of its nodes, which know the others. */
  get url(): string {
    return `redis+cluster://${this.#nodes
      .slice(0, 2)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(',')}`;
  }

  /** The master of a key. */
  async masterOf(key: string): Promise<TestRedis> {
    for (const node of this.#nodes) {
      const reply = await node.command(`EXISTS ${key}`).catch(() => '-');
      if (reply.startsWith(':')) return node;
    }
    throw new Error(`nobody has the slot of ${key}`);
  }

  async replicaOf(master: TestRedis): Promise<TestRedis> {
    for (const node of this.#nodes) {
      const info = await node.command('INFO replication').catch(() => '');
      if (info.includes('role:slave') && info.includes(`master_port:${master.port}\r\n`)) return node;
    }
    throw new Error('it has no replica');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
  }
}

interface Node {
  readonly redis: TestRedis;
  readonly busPort: number;
}

async function startNode(): Promise<Node> {
  const busPort = await freePort();
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'];
  // A replica whose data is old may become a master, too: nothing is written while it waits.
  return { redis: await TestRedis.start(...args, '--cluster-replica-validity-factor', '0'), busPort };
}

/** As `redis-cli --cluster create` does it. */
async function formed(nodes: readonly Node[]): Promise<void> {
  const [first, ...others] = nodes;
  const masters = nodes.slice(0, 3);
  const share = Math.ceil(SLOTS / masters.length);
  for (const [i, { redis }] of masters.entries()) {
    await accepted(redis, `CLUSTER ADDSLOTSRANGE ${i * share} ${Math.min(SLOTS, (i + 1) * share) - 1}`);
    await accepted(redis, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`);
  }
  for (const { redis, busPort } of others) {
    await accepted(first?.redis, `CLUSTER MEET 127.0.0.1 ${redis.port} ${busPort}`);
  }
  for (const { redis } of nodes) {
    await expect.poll(() => redis.command('CLUSTER INFO'), { timeout: 20_000 }).toContain('cluster_known_nodes:6');
  }
  for (const [i, { redis }] of nodes.slice(3).entries()) {
    const [, id = ''] = (await masters[i]?.redis.command('CLUSTER MYID'))?.split('\r\n') ?? [];
    await expect.poll(() => redis.command(`CLUSTER REPLICATE ${id}`), { timeout: 20_000 }).toContain('+OK');
    await expect.poll(() => redis.command('INFO replication'), { timeout: 20_000 }).toContain('master_link_status:up');
  }
  for (const { redis } of nodes) {
    await expect.poll(() => redis.command('CLUSTER INFO'), { timeout: 20_000 }).toContain('cluster_state:ok');
  }
}

async function accepted(redis: TestRedis | undefined, line: string): Promise<void> {
  const reply = (await redis?.command(line)) ?? 'no server';
  if (!reply.startsWith('+OK')) throw new Error(`${line}: ${reply}`);
}

/** A master and a replica that three Sentinels watch. */
export class TestSentinels implements AsyncDisposable {
  readonly master: TestRedis;
  readonly replica: TestRedis;
  readonly sentinels: readonly TestRedis[];
  readonly #dir: string;

  private constructor(servers: readonly [TestRedis, TestRedis], sentinels: readonly TestRedis[], dir: string) {
    [this.master, this.replica] = servers;
    this.sentinels = sentinels;
    this.#dir = dir;
  }

  static async start(): Promise<TestSentinels> {
    const dir = await mkdtemp(join(tmpdir(), 'portico-sentinel-'));
    const master = await TestRedis.start();
    const replica = await TestRedis.start('--replicaof', '127.0.0.1', String(master.port));
    await expect
      .poll(() => replica.command('INFO replication'), { timeout: 20_000 })
      .toContain('master_link_status:up');
    const sentinels = await Promise.all([1, 2, 3].map(number => startSentinel(join(dir, `${number}.conf`), master)));
    const started = new TestSentinels([master, replica], sentinels, dir);
    for (const sentinel of sentinels) {
      const known = () => sentinel.command('SENTINEL MASTER shop');
      await expect
        .poll(known, { timeout: 20_000 })
        .toMatch(/num-slaves\r\n\$1\r\n1\r\n[\s\S]*num-other-sentinels\r\n\$1\r\n2/);
    }
    return started;
  }

  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/shop`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [...this.sentinels, this.replica, this.master]) await server[Symbol.asyncDispose]();
    await rm(this.#dir, { recursive: true });
  }
}

/** A Sentinel writes what it learns into its file. */
async function startSentinel(file: string, { port }: TestRedis): Promise<TestRedis> {
  const lines = [
    `sentinel monitor shop 127.0.0.1 ${port} 2`,
    'sentinel down-after-milliseconds shop 500',
    'sentinel failover-timeout shop 2000',
    'sentinel parallel-syncs shop 1',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  return TestRedis.start(file, '--sentinel');
}
