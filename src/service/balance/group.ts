import type { Exchange } from '../../core/exchange.ts';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Attempt, Balancer, TargetReading } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import { type Learner, MachineAttempt } from './attempt.ts';
import type { Choice } from './choice.ts';
import { Ejection, type EjectionPolicy } from './ejection.ts';
import { type Listed, Machine } from './machine.ts';
import { Roster, type RosterPolicy } from './roster.ts';

export interface GroupOptions {
  /** The service's name, for messages. */
  readonly service: string;
  readonly group: TargetReading['group'];
  readonly policy: EjectionPolicy & RosterPolicy;
  readonly choice: Choice;
  readonly clock: Clock;
}

/** Whatever a `Retry-After` says, a machine is asked again after this long: nobody else would find out that it is well. */
const LONGEST_REST_MS = 30_000;

/** Machines among which one is chosen: those aside are left out, those that are full passed over. */
export class MachineGroup implements Balancer, Learner {
  shed = 0;
  readonly #options: GroupOptions;
  readonly #roster: Roster;
  readonly #watchers: ((machines: readonly Machine[]) => void)[] = [];
  readonly #ejection: Ejection;
  readonly #full: GatewayError;
  readonly #nobody: GatewayError;

  constructor(listed: readonly Listed[], options: GroupOptions) {
    this.#options = options;
    const { service, policy } = options;
    this.#roster = new Roster(policy);
    this.update(listed);
    this.#ejection = new Ejection(policy);
    this.#full = precomputed('limit.shed', `Every machine of ${service} has all the calls that it may have`, {
      headers: ['Retry-After', '1'],
    });
    this.#nobody = precomputed('upstream.unresolved', `No machine of ${service} is known`, { neverSent: true });
  }

  get ejections(): number {
    return this.#ejection.count;
  }

  /**
   * Others are listed from now on. Machines that stay keep what is known of them, new ones start slowly, and those that leave finish their calls.
   * @returns those that left.
   */
  update(listed: readonly Listed[]): Target[] {
    const now = this.#options.clock.now();
    const before = new Map(this.#roster.machines.map(machine => [keyOf(machine.target), machine]));
    const machines = [...once(listed).values()].map(each => kept(before, each) ?? this.#newcomer(each, now));
    this.#roster.replace(machines, now);
    for (const watcher of this.#watchers) watcher(machines);
    return [...before.values()].map(({ target }) => target);
  }

  /** Tells the machines that there are, and again whenever they have changed. */
  watch(watcher: (machines: readonly Machine[]) => void): void {
    this.#watchers.push(watcher);
    watcher(this.#roster.machines);
  }

  /** What its health check found out. */
  judge(machine: Machine, verdict: 'up' | 'down'): void {
    const now = this.#options.clock.now();
    machine.health.down = verdict === 'down';
    if (verdict === 'up') machine.comeBack(now);
    this.#roster.review(now);
  }

  pick(x: Exchange, tried: readonly Target[]): Attempt {
    const now = this.#options.clock.now();
    const usable = this.#roster.usable(now);
    const { choice } = this.#options;
    let machine = choice.choose(tried.length === 0 ? usable : best(usable, tried), x, now);
    if (machine === undefined) throw this.#nobody;
    if (machine.full) machine = choice.choose(best(usable, tried), x, now);
    if (machine === undefined || machine.full) throw this.#refusal();
    return new MachineAttempt(machine, this, now);
  }

  hasOther(tried: readonly Target[]): boolean {
    const now = this.#options.clock.now();
    return this.#roster.usable(now).some(machine => isFree(machine, tried) && machine.health.aside(now) === undefined);
  }

  targets(): TargetReading[] {
    const now = this.#options.clock.now();
    this.#roster.usable(now);
    return this.#roster.machines.map(({ target, health, effective, cost, inFlight, streams }) => ({
      target,
      group: this.#options.group,
      aside: health.aside(now),
      weight: effective,
      costMs: cost.at(now),
      inFlight,
      streams,
    }));
  }

  failed(machine: Machine): void {
    const now = this.#options.clock.now();
    if (this.#ejection.failed(machine, this.#roster.machines, now)) this.#roster.review(now);
  }

  rest(machine: Machine, ms: number): void {
    const now = this.#options.clock.now();
    const { health } = machine;
    const rested = health.restingUntil <= now;
    health.restingUntil = Math.max(health.restingUntil, now + Math.min(ms, LONGEST_REST_MS));
    if (rested) this.#roster.review(now);
  }

  #newcomer(listed: Listed, now: number): Machine {
    const machine = new Machine(listed);
    // Nobody is there to take the calls of those that begin together.
    if (this.#roster.machines.length > 0) machine.health.startedAt = now;
    return machine;
  }

  #refusal(): GatewayError {
    this.shed++;
    return this.#full;
  }
}

function keyOf({ origin, base, host }: Target): string {
  return `${origin}${base} ${host}`;
}

/** A machine that is listed twice has twice the weight. */
function once(listed: readonly Listed[]): ReadonlyMap<string, Listed> {
  const machines = new Map<string, Listed>();
  for (const each of listed) {
    const key = keyOf(each.target);
    machines.set(key, { ...each, weight: each.weight + (machines.get(key)?.weight ?? 0) });
  }
  return machines;
}

/** The machine that is there already, taken from those that were. */
function kept(before: Map<string, Machine>, { target, weight, max }: Listed): Machine | undefined {
  const key = keyOf(target);
  const machine = before.get(key);
  if (machine === undefined) return undefined;
  before.delete(key);
  return Object.assign(machine, { weight, max });
}

function isFree(machine: Machine, tried: readonly Target[]): boolean {
  return !machine.full && !tried.includes(machine.target);
}

/** Those that were not tried and have room; else those that have room; else all. */
function best(usable: readonly Machine[], tried: readonly Target[]): readonly Machine[] {
  const free = usable.filter(machine => isFree(machine, tried));
  if (free.length > 0) return free;
  const roomy = usable.filter(({ full }) => !full);
  return roomy.length > 0 ? roomy : usable;
}
