import type { Exchange } from '../../core/exchange.ts';
import { type GatewayError, precomputed } from '../../core/failure.ts';
import type { Attempt, Balancer, TargetReading } from '../../core/ports/balancer.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Target } from '../../core/ports/transport.ts';
import { type LatencyLearner, TargetAttempt } from './attempt.ts';
import { type AvailabilityPolicy, AvailableTargets } from './available-targets.ts';
import { type EjectionPolicy, EjectionTracker } from './ejection.ts';
import type { LoadBalancingPolicy } from './load-balancing-policy.ts';
import { type ListedTarget, TargetState } from './target-state.ts';

export interface TargetPoolOptions {
  /** The service's name for messages. */
  readonly service: string;
  readonly pool: TargetReading['group'];
  readonly policy: EjectionPolicy & AvailabilityPolicy;
  readonly choice: LoadBalancingPolicy;
  readonly clock: Clock;
}

/** After this time a target gets a call in spite of its `Retry-After`, because only a call can show its recovery. */
const MAX_REST_MS = 30_000;

/** A pool of targets with one picked at a time: ejected ones are left out, full ones passed over. */
export class TargetPool implements Balancer, LatencyLearner {
  shed = 0;
  readonly #options: TargetPoolOptions;
  readonly #available: AvailableTargets;
  readonly #watchers: ((targets: readonly TargetState[]) => void)[] = [];
  readonly #ejection: EjectionTracker;
  readonly #full: GatewayError;
  readonly #nobody: GatewayError;

  constructor(listed: readonly ListedTarget[], options: TargetPoolOptions) {
    this.#options = options;
    const { service, policy } = options;
    this.#available = new AvailableTargets(policy);
    this.update(listed);
    this.#ejection = new EjectionTracker(policy);
    this.#full = precomputed('limit.shed', `Every target of ${service} has as many calls as its max allows`, {
      headers: ['Retry-After', '1'],
    });
    this.#nobody = precomputed('upstream.unresolved', `No target of ${service} is known`, { neverSent: true });
  }

  get ejections(): number {
    return this.#ejection.count;
  }

  /**
   * Replaces the listed targets. Existing ones keep their state, new ones start slowly, and removed ones finish their
   * calls.
   * @returns the removed targets.
   */
  update(listed: readonly ListedTarget[]): Target[] {
    const now = this.#options.clock.now();
    const before = new Map(this.#available.targets.map(target => [keyOf(target.target), target]));
    const targets = [...once(listed).values()].map(each => kept(before, each) ?? this.#newcomer(each, now));
    this.#available.replace(targets, now);
    for (const watcher of this.#watchers) watcher(targets);
    return [...before.values()].map(({ target }) => target);
  }

  /** Calls the listener with the targets, now and after each change. */
  watch(watcher: (targets: readonly TargetState[]) => void): void {
    this.#watchers.push(watcher);
    watcher(this.#available.targets);
  }

  /** The result of its health check. */
  judge(target: TargetState, verdict: 'healthy' | 'unhealthy'): void {
    const now = this.#options.clock.now();
    target.health.down = verdict === 'unhealthy';
    if (verdict === 'healthy') target.comeBack(now);
    this.#available.review(now);
  }

  pick(x: Exchange, tried: readonly Target[]): Attempt {
    const now = this.#options.clock.now();
    const healthy = this.#available.healthy(now);
    const { choice } = this.#options;
    let target = choice.choose(tried.length === 0 ? healthy : best(healthy, tried), x, now);
    if (target === undefined) throw this.#nobody;
    if (target.full) target = choice.choose(best(healthy, tried), x, now);
    if (target === undefined || target.full) throw this.#refusal();
    return new TargetAttempt(target, this, now);
  }

  hasOther(tried: readonly Target[]): boolean {
    const now = this.#options.clock.now();
    return this.#available.healthy(now).some(target => isFree(target, tried) && target.health.aside(now) === undefined);
  }

  targets(): TargetReading[] {
    const now = this.#options.clock.now();
    this.#available.healthy(now);
    return this.#available.targets.map(({ target, health, effective, cost, inFlight, streams }) => ({
      target,
      group: this.#options.pool,
      aside: health.aside(now),
      weight: effective,
      costMs: cost.at(now),
      inFlight,
      streams,
    }));
  }

  failed(target: TargetState): void {
    const now = this.#options.clock.now();
    if (this.#ejection.failed(target, this.#available.targets, now)) this.#available.review(now);
  }

  rest(target: TargetState, ms: number): void {
    const now = this.#options.clock.now();
    const { health } = target;
    const rested = health.restingUntil <= now;
    health.restingUntil = Math.max(health.restingUntil, now + Math.min(ms, MAX_REST_MS));
    if (rested) this.#available.review(now);
  }

  #newcomer(listed: ListedTarget, now: number): TargetState {
    const target = new TargetState(listed);
    // The first targets of a pool need no slow start, since no others could take their calls.
    if (this.#available.targets.length > 0) target.health.startedAt = now;
    return target;
  }

  #refusal(): GatewayError {
    this.shed++;
    return this.#full;
  }
}

function keyOf({ origin, base, host }: Target): string {
  return `${origin}${base} ${host}`;
}

/** A target that is listed twice has twice the weight. */
function once(listed: readonly ListedTarget[]): ReadonlyMap<string, ListedTarget> {
  const targets = new Map<string, ListedTarget>();
  for (const each of listed) {
    const key = keyOf(each.target);
    targets.set(key, { ...each, weight: each.weight + (targets.get(key)?.weight ?? 0) });
  }
  return targets;
}

/** Takes the existing state of a target out of the map. */
function kept(before: Map<string, TargetState>, { target, weight, max }: ListedTarget): TargetState | undefined {
  const key = keyOf(target);
  const known = before.get(key);
  if (known === undefined) return undefined;
  before.delete(key);
  return Object.assign(known, { weight, max });
}

function isFree(target: TargetState, tried: readonly Target[]): boolean {
  return !target.full && !tried.includes(target.target);
}

/** Prefers untried targets with room, then any with room, then all. */
function best(healthy: readonly TargetState[], tried: readonly Target[]): readonly TargetState[] {
  const free = healthy.filter(target => isFree(target, tried));
  if (free.length > 0) return free;
  const roomy = healthy.filter(({ full }) => !full);
  return roomy.length > 0 ? roomy : healthy;
}
