import type { Exchange } from '../../core/exchange.ts';
import type { Attempt, Balancer, TargetReading } from '../../core/ports/balancer.ts';
import type { Target } from '../../core/ports/transport.ts';
import type { CanaryRule } from './canary-rule.ts';

/** Sends some calls to canary targets; after a failure the call goes to the stable ones. */
export class CanaryBalancer implements Balancer {
  readonly #stable: Balancer;
  readonly #canary: Balancer;
  readonly #wants: CanaryRule;

  constructor(stable: Balancer, canary: Balancer, wants: CanaryRule) {
    this.#stable = stable;
    this.#canary = canary;
    this.#wants = wants;
  }

  get ejections(): number {
    return this.#stable.ejections + this.#canary.ejections;
  }

  get shed(): number {
    return this.#stable.shed + this.#canary.shed;
  }

  pick(x: Exchange, tried: readonly Target[]): Attempt {
    const toCanary = tried.length === 0 && this.#wants(x) && this.#canary.hasOther(tried);
    return (toCanary ? this.#canary : this.#stable).pick(x, tried);
  }

  hasOther(tried: readonly Target[]): boolean {
    return this.#stable.hasOther(tried);
  }

  targets(): readonly TargetReading[] {
    return [...this.#stable.targets(), ...this.#canary.targets()];
  }
}
