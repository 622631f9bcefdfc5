import cluster from 'node:cluster';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RouteRow } from '../admin/route-row.ts';
import type { Phase, Status, WorkerBreakers, WorkerExplanation } from '../admin/status.ts';
import type { Question } from '../core/explanation.ts';
import type { Purge } from '../core/purge.ts';
import type { BreakerOrder } from '../define/breaker-order.ts';
import { type PurgeOrder, purgeOf } from '../define/purge.ts';
import type { MetricsSnapshot } from '../observe/metrics.ts';
import { BackOff } from './back-off.ts';
import { learntLimits } from './learnt-limits.ts';
import { Member } from './member.ts';
import type { Farewell, Serving } from './messages.ts';
import type { Order } from './order.ts';
import { type StartFailure, startFailure } from './start-failure.ts';
import { Tally } from './tally.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/portico.js', import.meta.url));

/** How long a connection without a request may still bring one to a worker that leaves: Node's keep-alive time and its buffer. */
const IDLE_MS = 6_000;

/** What happens to a fleet without anybody asking for it. */
interface FleetEvents {
  reloaded(generation: number, serving: Serving): void;
  /** New workers do not serve; the old ones go on. */
  refused(failure: StartFailure): void;
  died(pid: number, how: string): void;
  replaced(pid: number): void;
}

export interface FleetOptions {
  readonly order: Order;
  readonly size: number;
  readonly graceMs: number;
  readonly events: FleetEvents;
}

/** The workers of one primary: as many as wanted, all of one generation, replaced when they die. */
export class Fleet implements Status {
  #phase: Phase = 'starting';
  #generation = 0;
  #routes: readonly RouteRow[] = [];
  #current: readonly Member[] = [];
  #reloading: Promise<void> | undefined;
  #again = false;
  #order: Order;
  #url: string | undefined;
  readonly #members = new Set<Member>();
  /** Circuits that an operator holds open, over generations of workers. */
  readonly #held = new Set<string>();
  readonly #options: FleetOptions;
  readonly #tally = new Tally();
  readonly #backOff = new BackOff();

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#order = options.order;
    cluster.setupPrimary({ exec: PROGRAM, args: [] });
  }

  get phase(): Phase {
    return this.#phase === 'ready' && this.#current.length === 0 ? 'starting' : this.#phase;
  }

  get generation(): number {
    return this.#generation;
  }

  get pids(): readonly number[] {
    return this.#current.map(({ pid }) => pid);
  }

  get routes(): readonly RouteRow[] {
    return this.#routes;
  }

  metrics(): Promise<MetricsSnapshot> {
    return this.#tally.with(Promise.all([...this.#members].map(member => member.measure())));
  }

  async purge(order: PurgeOrder): Promise<void> {
    const purge = purgeOf(order);
    const [speaker] = this.#current;
    const others = [...this.#members].filter(member => member !== speaker);
    await Promise.all([this.tellMachines(purge), ...others.map(member => member.purged(purge))]);
  }

  /** One of the workers tells the other machines; if it dies over it, the next one does: heard twice does no harm, unheard would. */
  private async tellMachines(purge: Purge): Promise<void> {
    for (const member of this.#current) {
      await member.purgedEverywhere(purge);
      if (!member.isGone) return;
    }
  }

  async explain(question: Question): Promise<WorkerExplanation[]> {
    const told = await Promise.all(this.#current.map(member => member.explain(question)));
    return told.filter(explanation => explanation !== undefined);
  }

  async breakers(): Promise<WorkerBreakers[]> {
    const told = await Promise.all(this.#current.map(member => member.breakers()));
    return told.filter(breakers => breakers !== undefined);
  }

  async orderBreaker(order: BreakerOrder): Promise<void> {
    if ('open' in order) this.#held.add(order.open);
    else this.#held.delete(order.close);
    await Promise.all([...this.#members].map(member => member.breakerOrdered(order)));
  }

  /** @throws StartRefused */
  start(): Promise<Serving> {
    return this.raiseGeneration();
  }

  /**
   * New workers with the files as they are now; the old ones leave once the new ones serve. Where the new ones do not, nothing changes.
   * During a reload it begins anew: workers that still load have files of before, or hang.
   */
  reload(): Promise<void> {
    if (this.#reloading !== undefined) {
      this.#again = true;
      for (const member of this.#members) member.abandon();
    }
    this.#reloading ??= this.reloadUntilDone();
    return this.#reloading;
  }

  async stop(): Promise<void> {
    this.#phase = 'draining';
    await Promise.all([...this.#members].map(member => this.retire(member, 'close')));
  }

  private async reloadUntilDone(): Promise<void> {
    do {
      this.#again = false;
      try {
        const serving = await this.raiseGeneration();
        this.#options.events.reloaded(this.#generation, serving);
      } catch (error) {
        if (!this.#again && this.#phase !== 'draining') this.#options.events.refused(startFailure(error));
      }
    } while (this.#again && this.#phase !== 'draining');
    this.#reloading = undefined;
  }

  private async raiseGeneration(): Promise<Serving> {
    const { members, serving } = await this.raise(this.#options.size);
    const old = this.#current;
    this.#current = members.filter(({ isGone }) => !isGone);
    // Only then does the next generation count: who has read its number is not answered by the one before.
    await Promise.all(old.map(member => member.stepAside()));
    this.#generation += 1;
    this.#routes = serving.routes;
    this.#url = serving.url;
    if (this.#phase === 'starting') this.#phase = 'ready';
    for (const member of old) void this.retire(member, 'serve');
    for (let missing = members.length - this.#current.length; missing > 0; missing--) void this.replace();
    return serving;
  }

  /** All of them serve, or none stays. */
  private async raise(count: number): Promise<{ readonly members: readonly Member[]; readonly serving: Serving }> {
    // What they have learnt is what the next ones begin with: what is usual need not be found out anew, nor a crowd be proven again.
    await Promise.all(this.#current.map(member => member.measure()));
    const members = Array.from({ length: count }, () => this.fork());
    try {
      const [serving] = await Promise.all(members.map(member => member.serving));
      if (serving === undefined) throw new RangeError('a fleet has one worker at least');
      return { members, serving };
    } catch (error) {
      for (const member of members) void this.retire(member, 'serve');
      throw error;
    }
  }

  private fork(): Member {
    // The primary holds the port while a worker listens on it. Once all have died, "any free port" would be another one.
    if (this.#members.size === 0 && this.#url !== undefined) this.#order = atSamePort(this.#order, this.#url);
    const held = [...this.#held];
    const limits = learntLimits([...this.#members].map(({ lastMetrics }) => lastMetrics));
    const member: Member = new Member({ ...this.#order, held, limits }, purge => {
      for (const other of this.#members) if (other !== member) other.purge(purge);
    });
    member.serving.then(
      () => this.catchUp(member, held),
      () => undefined,
    );
    this.#members.add(member);
    void member.gone.then(how => this.left(member, how));
    return member;
  }

  /** A worker that loads hears nothing: what was ordered meanwhile is said again. */
  private catchUp(member: Member, held: readonly string[]): void {
    for (const site of this.#held) if (!held.includes(site)) member.orderBreaker({ open: site });
    for (const site of held) if (!this.#held.has(site)) member.orderBreaker({ close: site });
  }

  private left(member: Member, how: string): void {
    this.#members.delete(member);
    this.#tally.keep(member.lastMetrics);
    if (!this.#current.includes(member)) return;
    this.#current = this.#current.filter(each => each !== member);
    if (this.#phase === 'draining') return;
    this.#options.events.died(member.pid, how);
    void this.replace();
  }

  private async replace(): Promise<void> {
    const generation = this.#generation;
    // A later generation brings its own; one that drains wants none.
    const isWanted = () => this.#generation === generation && this.#phase === 'ready';
    await delay(this.#backOff.next(performance.now()));
    if (!isWanted()) return;
    const [member] = await this.raise(1).then(
      ({ members }) => members,
      error => {
        if (isWanted()) this.#options.events.refused(startFailure(error));
        return [];
      },
    );
    if (!isWanted()) {
      if (member !== undefined) void this.retire(member, 'serve');
    } else if (member === undefined || member.isGone) void this.replace();
    else {
      this.#current = [...this.#current, member];
      this.#options.events.replaced(member.pid);
    }
  }

  private retire(member: Member, idle: Farewell['idle']): Promise<void> {
    const { graceMs } = this.#options;
    return member.retire({ graceMs, idle }, idle === 'serve' ? IDLE_MS : 0);
  }
}

function atSamePort(order: Order, url: string): Order {
  return order.door.port === 0 ? { ...order, door: { ...order.door, port: Number(new URL(url).port) } } : order;
}
