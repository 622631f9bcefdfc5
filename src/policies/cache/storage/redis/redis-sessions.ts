import { GatewayError } from '../../../../core/failure.ts';
import { type Clock, systemClock } from '../../../../core/ports/clock.ts';
import type { SessionEnd, SessionNews } from '../../../../core/ports/session-news.ts';
import type { ListedRecord, RecordLife, RecordList, SessionRecords } from '../../../../core/ports/session-records.ts';
import { BoundedCalls } from './bounded-calls.ts';
import type { Session } from './link.ts';
import { RELEASE } from './scripts.ts';
import type { SharedPurges } from './shared-purges.ts';

/** The time limit of a call that a request waits for, in milliseconds. */
const READ_MS = 50;
/** A sign-in may take longer. */
const WRITE_MS = 1_000;
/** An operator waits for the list of a million sessions. */
const LIST_MS = 5_000;
/** How many keys are read at once. */
const PAGE = 1_000;

/** The time of Redis, in milliseconds: the hosts may differ. */
const NOW = `
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/** KEYS: the record. ARGV: the idle time. Reads it and begins its idle time anew, but no later than its end. */
const GET = `
  local record = redis.call('HMGET', KEYS[1], 'sealed', 'ends')
  if not record[1] then return false end
  ${NOW}
  local left = tonumber(record[2]) - now
  if left <= 0 then return false end
  redis.call('PEXPIRE', KEYS[1], math.min(left, tonumber(ARGV[1])))
  return record[1]
`;

/**
 * KEYS: the record, its labels. ARGV: its sealed text, the idle time, the whole time, the id. A label is a sorted set
 * of ids by their ends, and exists as long as the last of them.
 */
const ADD = `
  ${NOW}
  local ends = string.format('%.0f', now + tonumber(ARGV[3]))
  redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'ends', ends, 'labels', cjson.encode({ unpack(KEYS, 2) }))
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  for i = 2, #KEYS do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
    redis.call('ZADD', KEYS[i], ends, ARGV[4])
    redis.call('PEXPIRE', KEYS[i], math.max(tonumber(ARGV[3]), redis.call('PTTL', KEYS[i])))
  end
  return 1
`;

/** KEYS: the record. ARGV: the id. Removes it, also from its labels. */
const REMOVE = `
  local labels = redis.call('HGET', KEYS[1], 'labels')
  for _, label in ipairs(labels and cjson.decode(labels) or {}) do redis.call('ZREM', label, ARGV[1]) end
  return redis.call('DEL', KEYS[1])
`;

/** KEYS: a label. The ids of the records that are not over. */
const LABELLED = `
  ${NOW}
  return redis.call('ZRANGEBYSCORE', KEYS[1], string.format('(%.0f', now), '+inf')
`;

/** KEYS: the record. ARGV: its sealed text. */
const REPLACE = `
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  redis.call('HSET', KEYS[1], 'sealed', ARGV[1])
  return 1
`;

/** KEYS: the ends. ARGV: the end, its score, the channel, the score of those that are forgotten. */
const END = `
  redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[4])
  redis.call('PUBLISH', ARGV[3], ARGV[1])
  return 1
`;

/** KEYS: a claim. ARGV: its owner, the time. */
const EXTEND = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
`;

const AWAY = Symbol('Redis did not respond');

/** Sessions that all hosts share. */
export class RedisSessions implements SessionRecords {
  readonly #prefix: string;
  readonly #reads: BoundedCalls;
  readonly #writes: BoundedCalls;
  readonly #lists: BoundedCalls;

  /** @param purges holds the connection. */
  constructor(purges: SharedPurges, prefix: string, clock: Clock = systemClock) {
    this.#prefix = prefix;
    this.#reads = new BoundedCalls(() => purges.session, clock, READ_MS);
    this.#writes = new BoundedCalls(() => purges.session, clock, WRITE_MS);
    this.#lists = new BoundedCalls(() => purges.session, clock, LIST_MS);
  }

  get(id: string, { idleMs }: RecordLife): Promise<string | undefined> {
    const call = { keys: [this.#place(id)], arguments: [String(Math.ceil(idleMs))] };
    return known(this.#reads, async ({ commands }) => {
      const sealed = await commands.eval(GET, call);
      return sealed === null ? undefined : String(sealed);
    });
  }

  add(id: string, sealed: string, labels: readonly string[], { idleMs, maxMs }: RecordLife): Promise<void> {
    const keys = [this.#place(id), ...labels.map(label => this.#labelPlace(label))];
    const args = [sealed, String(Math.ceil(idleMs)), String(Math.ceil(maxMs)), id];
    return known(this.#writes, async ({ commands }) => void (await commands.eval(ADD, { keys, arguments: args })));
  }

  replace(id: string, sealed: string): Promise<boolean> {
    const call = { keys: [this.#place(id)], arguments: [sealed] };
    return known(this.#writes, async ({ commands }) => Number(await commands.eval(REPLACE, call)) === 1);
  }

  remove(id: string): Promise<boolean> {
    const call = { keys: [this.#place(id)], arguments: [id] };
    return known(this.#writes, async ({ commands }) => Number(await commands.eval(REMOVE, call)) === 1);
  }

  removeAll(): Promise<number> {
    return known(this.#lists, async session => {
      let count = 0;
      for await (const keys of pagesOf(session, this.#place(''))) count += await session.commands.unlink([...keys]);
      for await (const keys of pagesOf(session, this.#labelPlace(''))) await session.commands.unlink([...keys]);
      return count;
    });
  }

  labelled(label: string): Promise<readonly string[]> {
    return known(this.#writes, session => this.#idsOf(session, label));
  }

  list(max: number, label?: string): Promise<RecordList> {
    return known(this.#lists, session =>
      label === undefined ? this.#listAll(session, max) : this.#listLabelled(session, max, label),
    );
  }

  async #listAll(session: Session, max: number): Promise<RecordList> {
    const prefix = this.#place('');
    const found = new Map<string, ListedRecord>();
    let total = 0;
    for await (const keys of pagesOf(session, prefix)) {
      total += keys.length;
      const ids = keys.slice(0, max - found.size).map(key => key.slice(prefix.length));
      // A key may come twice (SCAN).
      for (const record of await this.#recordsOf(session, ids)) found.set(record.id, record);
    }
    return { records: [...found.values()], more: total - Math.min(total, max) };
  }

  /** A label may still name records that were idle. */
  async #listLabelled(session: Session, max: number, label: string): Promise<RecordList> {
    const ids = await this.#idsOf(session, label);
    const records: ListedRecord[] = [];
    let read = 0;
    while (read < ids.length && records.length < max) {
      const page = ids.slice(read, read + PAGE);
      records.push(...(await this.#recordsOf(session, page)));
      read += page.length;
    }
    const listed = records.slice(0, max);
    return { records: listed, more: records.length - listed.length + ids.length - read };
  }

  async #idsOf({ commands }: Session, label: string): Promise<readonly string[]> {
    const ids = await commands.eval(LABELLED, { keys: [this.#labelPlace(label)] });
    return Array.isArray(ids) ? ids.map(String) : [];
  }

  async #recordsOf({ commands }: Session, ids: readonly string[]): Promise<readonly ListedRecord[]> {
    const texts = await Promise.all(ids.map(id => commands.hGet(this.#place(id), 'sealed')));
    return ids.flatMap((id, i) => {
      const sealed = texts[i];
      return sealed === null || sealed === undefined ? [] : [{ id, sealed: String(sealed) }];
    });
  }

  claim(name: string, owner: string, ms: number): Promise<boolean> {
    const options = { condition: 'NX', expiration: { type: 'PX', value: Math.ceil(ms) } } as const;
    return known(this.#writes, async ({ commands }) => {
      return (await commands.set(this.#claimPlace(name), owner, options)) !== null;
    });
  }

  extend(name: string, owner: string, ms: number): Promise<boolean> {
    const call = { keys: [this.#claimPlace(name)], arguments: [owner, String(Math.ceil(ms))] };
    return known(this.#writes, async ({ commands }) => Number(await commands.eval(EXTEND, call)) === 1);
  }

  release(name: string, owner: string): Promise<void> {
    const call = { keys: [this.#claimPlace(name)], arguments: [owner] };
    return known(this.#writes, async ({ commands }) => void (await commands.eval(RELEASE, call)));
  }

  /** The connection belongs to the cache. */
  close(): void {}

  #place(id: string): string {
    return `${this.#prefix}session:${id}`;
  }

  #labelPlace(label: string): string {
    return `${this.#prefix}sessions-of:${label}`;
  }

  #claimPlace(name: string): string {
    return `${this.#prefix}session-claim:${name}`;
  }
}

/** The ends of sessions, at all hosts: also those that a host missed, for as long as they matter. */
export class RedisSessionNews implements SessionNews {
  readonly #purges: SharedPurges;
  readonly #ends: string;
  readonly #channel: string;
  readonly #keptMs: number;
  readonly #pending: SessionEnd[] = [];
  #hear: (end: SessionEnd) => void = () => {};

  /** @param keptMs how long an end matters. */
  constructor(purges: SharedPurges, prefix: string, keptMs: number) {
    this.#purges = purges;
    this.#ends = `${prefix}session-ends`;
    this.#channel = `${prefix}session-ended`;
    this.#keptMs = keptMs;
    purges.onSession(session => this.#prepare(session));
  }

  publish(end: SessionEnd): void {
    this.#pending.push(end);
    const { session } = this.#purges;
    // Without a connection they are sent with the next one.
    if (session !== undefined) void this.#send(session).catch(() => undefined);
  }

  subscribe(listener: (end: SessionEnd) => void): void {
    this.#hear = listener;
  }

  async #prepare(session: Session): Promise<void> {
    await session.subscriber.subscribe(this.#channel, text => this.#heard(String(text)));
    const since = String(Date.now() - this.#keptMs);
    for (const text of await session.commands.zRangeByScore(this.#ends, since, '+inf')) this.#heard(String(text));
    await this.#send(session);
  }

  async #send({ commands }: Session): Promise<void> {
    for (let end = this.#pending[0]; end !== undefined; end = this.#pending[0]) {
      const args = [JSON.stringify(end), String(end.at), this.#channel, String(end.at - this.#keptMs)];
      await commands.eval(END, { keys: [this.#ends], arguments: args });
      if (this.#pending[0] === end) this.#pending.shift();
    }
  }

  #heard(text: string): void {
    const end = endOf(text);
    if (end !== undefined) this.#hear(end);
  }
}

function endOf(text: string): SessionEnd | undefined {
  try {
    const { of, key, at } = JSON.parse(text);
    return typeof of === 'string' && typeof key === 'string' && typeof at === 'number'
      ? ({ of, key, at } as SessionEnd)
      : undefined;
  } catch {
    return undefined;
  }
}

/** All keys with a prefix, some at a time. */
async function* pagesOf({ commands }: Session, prefix: string): AsyncGenerator<readonly string[]> {
  for await (const keys of commands.scanIterator({ MATCH: `${escaped(prefix)}*`, COUNT: PAGE }))
    if (keys.length > 0) yield keys.map(String);
}

/** In a pattern of SCAN these characters have a meaning. */
function escaped(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&');
}

async function known<T>(calls: BoundedCalls, request: (session: Session) => Promise<T>): Promise<T> {
  const result = await calls.ask<T | typeof AWAY>(request, AWAY);
  if (result !== AWAY) return result as T;
  throw new GatewayError('session.unavailable', 'Sessions cannot be read at the moment', {
    headers: ['Retry-After', '1'],
  });
}
