import type { Exchange } from '../core/exchange.ts';
import type { Finding } from '../core/outcome.ts';
import type { Attempt, Balancer, TargetReading } from '../core/ports/balancer.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Target } from '../core/ports/transport.ts';

export interface EjectionPolicy {
  /** Gateway-class failures in a row that set a machine aside. */
  readonly failures: number;
  /** How long the first time; the n-th time n times as long. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** At most this share of the machines is aside at once. */
  readonly mostShare: number;
  /** With less than this share left, all are used: better a sick machine than one that drowns (Envoy's panic threshold). */
  readonly panicShare: number;
}

interface Health {
  readonly target: Target;
  inFlight: number;
  streams: number;
  failuresInRow: number;
  ejections: number;
  ejectedUntil: number;
}

/** Each machine in turn, those aside left out (RESILIENCE: ejection on consecutive gateway-class failures). */
export class RoundRobin implements Balancer {
  readonly #machines: readonly Health[];
  readonly #policy: EjectionPolicy;
  readonly #clock: Clock;
  #turn = 0;
  // While it has passed, nobody is aside and a pick costs nothing.
  #anyAsideUntil = 0;

  constructor(targets: readonly Target[], policy: EjectionPolicy, clock: Clock) {
    this.#machines = targets.map(target => ({
      target,
      inFlight: 0,
      streams: 0,
      failuresInRow: 0,
      ejections: 0,
      ejectedUntil: 0,
    }));
    this.#policy = policy;
    this.#clock = clock;
  }

  pick(_x: Exchange, tried: readonly Target[]): Attempt {
    return new MachineAttempt(this.choose(tried), this);
  }

  hasOther(tried: readonly Target[]): boolean {
    const usable = this.usable();
    return this.#machines.some(machine => usable.has(machine) && !tried.includes(machine.target));
  }

  private choose(tried: readonly Target[]): Health {
    const count = this.#machines.length;
    const start = this.#turn++ % count;
    if (tried.length === 0 && this.#anyAsideUntil <= this.#clock.now()) return this.at(start);
    const usable = this.usable();
    let second: Health | undefined;
    for (let i = 0; i < count; i++) {
      const machine = this.#machines[(start + i) % count];
      if (machine === undefined || tried.includes(machine.target)) continue;
      if (usable.has(machine)) return machine;
      second ??= machine;
    }
    return second ?? this.at(start);
  }

  report(machine: Health, { machine: outcome }: Finding): void {
    if (outcome === 'ignored') return;
    if (outcome === 'succeeded') {
      machine.failuresInRow = 0;
      machine.ejections = 0;
      return;
    }
    machine.failuresInRow++;
    if (machine.failuresInRow >= this.#policy.failures) this.eject(machine);
  }

  targets(): TargetReading[] {
    const now = this.#clock.now();
    return this.#machines.map(({ target, inFlight, streams, ejectedUntil }) => ({
      target,
      aside: ejectedUntil > now ? 'ejected' : undefined,
      inFlight,
      streams,
    }));
  }

  private usable(): ReadonlySet<Health> {
    const now = this.#clock.now();
    const healthy = this.#machines.filter(machine => machine.ejectedUntil <= now);
    const panic = healthy.length < this.#machines.length * this.#policy.panicShare;
    return new Set(panic ? this.#machines : healthy);
  }

  private eject(machine: Health): void {
    const now = this.#clock.now();
    if (machine.ejectedUntil > now) return;
    const aside = this.#machines.filter(each => each.ejectedUntil > now).length;
    if (aside + 1 > this.#machines.length * this.#policy.mostShare) return;
    machine.ejections++;
    machine.ejectedUntil = now + Math.min(this.#policy.firstMs * machine.ejections, this.#policy.longestMs);
    machine.failuresInRow = 0;
    this.#anyAsideUntil = Math.max(this.#anyAsideUntil, machine.ejectedUntil);
  }

  private at(turn: number): Health {
    const machine = this.#machines[turn];
    if (machine === undefined) throw new RangeError('a balancer needs at least one target');
    return machine;
  }
}

class MachineAttempt implements Attempt {
  readonly #machine: Health;
  readonly #balancer: RoundRobin;
  #counted: 'inFlight' | 'streams' | undefined = 'inFlight';

  constructor(machine: Health, balancer: RoundRobin) {
    this.#machine = machine;
    this.#balancer = balancer;
    machine.inFlight++;
  }

  get target(): Target {
    return this.#machine.target;
  }

  report(finding: Finding): void {
    this.#balancer.report(this.#machine, finding);
  }

  stream(): void {
    if (this.#counted !== 'inFlight') return;
    this.#machine.inFlight--;
    this.#machine.streams++;
    this.#counted = 'streams';
  }

  release(): void {
    if (this.#counted !== undefined) this.#machine[this.#counted]--;
    this.#counted = undefined;
  }
}
