import { randomUUID } from 'node:crypto';
import type { RedisPlace } from '../../../../config/redis-url.ts';
import type { BusEvent } from '../../../../core/ports/bus.ts';
import type { TierListener } from '../../../../core/ports/cache-tier.ts';
import type { Clock } from '../../../../core/ports/clock.ts';
import { EVERYTHING, type Purge, type PurgeTarget } from '../../../../core/purge.ts';
import { PurgeClock, type PurgePosition } from '../purge-clock.ts';
import { RedisLink, type Session } from './link.ts';
import { locate } from './locate.ts';
import { PurgeLogReplica, type PurgeLogRow } from './purge-log-replica.ts';
import { APPEND, READ } from './scripts.ts';

/** Maximum of purges in the shared log and in each node's replica. */
const MAX_ROWS = 10_000;
/** Maximum of purges that wait for Redis, and that are repeated after a lost log; beyond it, everything is purged. */
const MAX_PENDING = 5_000;

interface SharedPurgesOptions {
  readonly place: RedisPlace;
  readonly prefix: string;
  readonly listener: TierListener;
  readonly clock?: Clock;
}

interface PendingPurge {
  readonly purge: Purge;
  readonly own: number;
}

/**
 * The purges of all hosts: a log in Redis and a replica here. Purges are published and kept in the log for processes
 * that missed them. Nothing is read from Redis before this process's own purges are in the log and the replica is up to
 * date.
 */
export class SharedPurges {
  readonly origin = randomUUID();
  readonly #link: RedisLink;
  readonly #log: string;
  readonly #channel: string;
  readonly #listener: TierListener;
  readonly #purgeClock = new PurgeClock();
  readonly #replica = new PurgeLogReplica(MAX_ROWS);
  /**
   * Purges already applied here, by their numbers: within one turn, a purge passes through every tier and every bus as
   * the same object.
   */
  readonly #known = new Map<Purge, number>();
  readonly #pending: PendingPurge[] = [];
  readonly #recent: PendingPurge[] = [];
  #hear: (event: BusEvent) => void = () => {};
  readonly #connected = Promise.withResolvers<void>();
  readonly #preparations: ((session: Session) => Promise<void>)[] = [];
  #logName: string | undefined;
  #lastState: 'back' | 'lost' = 'back';
  #sending: Promise<void> | undefined;

  constructor({ place, prefix, listener, clock }: SharedPurgesOptions) {
    this.#log = `${prefix}purges`;
    this.#channel = `${prefix}purged`;
    this.#listener = listener;
    this.#link = new RedisLink({
      locate: () => locate(place, this.#log),
      ...(clock === undefined ? {} : { clock }),
      prepare: session => this.#prepare(session),
      up: () => {
        this.#connected.resolve();
        this.#tell('back', 'connected');
        // Sends purges that arrived meanwhile.
        void this.#send();
      },
      down: why => this.#tell('lost', why),
    });
  }

  /** Resolves at the first connection. */
  get connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Undefined while reads are not allowed. */
  get session(): Session | undefined {
    return this.#link.session;
  }

  /** Runs at the beginning of each connection period, and now if there is a connection. */
  onSession(prepare: (session: Session) => Promise<void>): void {
    this.#preparations.push(prepare);
    const { session } = this;
    if (session !== undefined) void prepare(session).catch(error => this.#link.fail(session, String(error)));
  }

  get epoch(): number {
    return this.#replica.epoch;
  }

  /** The key of the log: the number of its members since an epoch shows whether the replica is up to date. */
  get log(): string {
    return this.#log;
  }

  purgePosition(): number {
    return this.#purgeClock.now();
  }

  momentAt(purgePosition: number): PurgePosition | undefined {
    return this.#purgeClock.at(purgePosition);
  }

  since(...lastRead: Parameters<PurgeLogReplica['since']>): Purge['kind'] | undefined {
    return this.#replica.since(...lastRead);
  }

  subscribe(listener: (event: BusEvent) => void): void {
    this.#hear = listener;
  }

  /** Publishes to all hosts. Takes effect here at once. */
  publish(purge: Purge): void {
    if (purge.targets.length === 0) return;
    const own = this.apply(purge);
    this.#pending.push({ purge, own });
    if (this.#pending.length > MAX_PENDING) {
      this.#pending.splice(0, MAX_PENDING + 1, { purge: { kind: 'hard', targets: [EVERYTHING] }, own });
    }
    void this.#send();
  }

  /**
   * Applies a purge without publishing: nothing older is read here from now on. @returns its number among the purges of
   * this process.
   */
  apply(purge: Purge): number {
    return this.#known.get(purge) ?? this.#expect(purge);
  }

  /** The replica is behind the log. */
  async catchUp(): Promise<void> {
    const { session } = this;
    if (session === undefined) return;
    try {
      await this.#read(session, [...this.#recent]);
    } catch (error) {
      this.#link.fail(session, String(error));
    }
  }

  /** Publishes pending purges, if there is a connection. */
  async flush(): Promise<void> {
    await this.#send();
  }

  close(): void {
    this.#link.close();
  }

  #expect(purge: Purge): number {
    const own = this.#purgeClock.purged();
    this.#know(purge, own);
    this.#replica.expect({ epoch: this.#replica.epoch + 1, purge, origin: this.origin, own });
    return own;
  }

  async #prepare(session: Session): Promise<void> {
    await session.subscriber.subscribe(this.#channel, message => this.#heard(String(message)));
    const published = [...this.#recent];
    await this.#sendAll(session);
    await this.#read(session, published);
    for (const prepare of this.#preparations) await prepare(session);
  }

  #send(): Promise<void> {
    const { session } = this;
    if (session === undefined) return Promise.resolve();
    this.#sending ??= this.#sendAll(session)
      .catch(error => this.#link.fail(session, String(error)))
      .finally(() => {
        this.#sending = undefined;
        // Purges that arrived after the last check.
        if (this.#pending.length > 0) void this.#send();
      });
    return this.#sending;
  }

  async #sendAll(session: Session): Promise<void> {
    for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
      const sent = next;
      await this.#append(session, sent);
      // A purge of everything may have replaced it.
      if (this.#pending[0] === sent) this.#pending.shift();
      this.#recent.push(sent);
      if (this.#recent.length > MAX_PENDING) this.#recent.shift();
    }
  }

  async #append(session: Session, { purge, own }: PendingPurge): Promise<void> {
    const text = JSON.stringify({ ...purge, origin: this.origin, own });
    const arguments_ = [this.#channel, String(MAX_ROWS), text, ...this.#knownEnd()];
    const epoch = Number(await session.commands.eval(APPEND, { keys: [this.#log], arguments: arguments_ }));
    // Otherwise purges of others came in between and are about to arrive.
    if (epoch === this.#replica.epoch + 1) this.#learn({ epoch, purge, origin: this.origin, own });
  }

  /** @param published the purges published so far, which a new log after a loss has to contain too. */
  async #read(session: Session, published: readonly PendingPurge[]): Promise<void> {
    const response = await session.commands.eval(READ, { keys: [this.#log], arguments: this.#knownEnd() });
    const [name, floor, rows] = response as unknown as [Buffer, Buffer, readonly Buffer[]];
    const another = this.#logName !== undefined && this.#logName !== String(name);
    const missed = this.#logName !== undefined && !another && Number(floor) > this.#replica.epoch;
    this.#logName = String(name);
    this.#replica.raiseFloor(Number(floor));
    this.#purgeClock.heard(this.#replica.epoch);
    if (missed) this.#deliver({ kind: 'hard', targets: [EVERYTHING] });
    this.#deliverAll(rows.map(row => this.#learnText(String(row))));
    if (another) for (const each of published) await this.#append(session, each);
  }

  /** The last known epoch, and the log that it is from. */
  #knownEnd(): string[] {
    return [String(this.#replica.epoch), this.#logName ?? ''];
  }

  #heard(text: string): void {
    const epoch = Number.parseInt(text, 10);
    if (epoch <= this.#replica.epoch) return;
    if (epoch === this.#replica.epoch + 1) this.#deliverAll([this.#learnText(text)]);
    else void this.catchUp();
  }

  /** The part that must be delivered. */
  #learnText(text: string): Purge | undefined {
    const row = rowOf(text);
    if (row === undefined || row.epoch <= this.#replica.epoch) return undefined;
    this.#learn(row);
    return row.origin === this.origin ? undefined : row.purge;
  }

  #learn(row: PurgeLogRow): void {
    this.#replica.add(row);
    this.#purgeClock.heard(row.epoch);
  }

  /** In one turn, since there may be thousands after an outage. */
  #deliverAll(purges: readonly (Purge | undefined)[]): void {
    for (const kind of ['hard', 'soft'] as const) {
      const targets = purges.flatMap(purge => (purge?.kind === kind ? purge.targets : []));
      if (targets.length > 0) this.#deliver({ kind, targets });
    }
  }

  #deliver(purge: Purge): void {
    // It is in the log and the replica, so here it is no purge of this process.
    this.#know(purge, this.#purgeClock.own);
    this.#hear({ kind: 'purge', purge });
  }

  #know(purge: Purge, own: number): void {
    this.#known.set(purge, own);
    // A later purge with the same object is a new one.
    queueMicrotask(() => this.#known.delete(purge));
  }

  #tell(state: 'back' | 'lost', why: string): void {
    if (state === this.#lastState) return;
    this.#lastState = state;
    this.#listener({ tier: 'redis', state, why });
  }
}

/** `<epoch> <JSON>`; undefined for the mark of the log's floor. An unreadable row may have purged anything. */
function rowOf(text: string): PurgeLogRow | undefined {
  const space = text.indexOf(' ');
  const epoch = Number(text.slice(0, space));
  if (!Number.isSafeInteger(epoch)) return undefined;
  try {
    const { kind, targets, origin, own } = JSON.parse(text.slice(space + 1));
    if (Array.isArray(targets) && targets.every(isTarget)) return { epoch, purge: { kind, targets }, origin, own };
  } catch {
    // As below.
  }
  return { epoch, purge: { kind: 'hard', targets: [EVERYTHING] }, origin: '', own: 0 };
}

function isTarget(target: unknown): target is PurgeTarget {
  return typeof target === 'object' && target !== null && 'kind' in target && KINDS.has(target.kind);
}

const KINDS: ReadonlySet<unknown> = new Set<PurgeTarget['kind']>(['all', 'tag', 'address', 'prefix', 'key']);
