import type { BreakerReading } from '../../core/breaker-reading.ts';
import type { CircuitHints } from '../../core/ports/circuit-hints.ts';
import { type BreakerPolicy, Circuit, type CircuitDependencies } from './circuit.ts';

/** A user of a circuit. */
export interface CircuitUser {
  /** The name of the call site for operators. */
  readonly site: string;
  /** The service that it calls. */
  readonly service: string;
  /** The name of the site in the error for clients, if the circuit has no name of its own. */
  readonly who: string;
}

interface RegisteredCircuit {
  readonly site: string;
  readonly usedBy: Set<string>;
  readonly services: Set<string>;
  readonly circuit: Circuit;
}

/**
 * All circuits of a process by their names for operators. A site whose service a function chooses has one for each
 * service.
 */
export class Circuits {
  readonly #surroundings: CircuitDependencies;
  readonly #known: RegisteredCircuit[] = [];
  readonly #shared = new Map<string, RegisteredCircuit>();
  readonly #held: Set<string>;
  readonly #hints: CircuitHints | undefined;

  /**
   * @param held the names that are forced open from the start, including later circuits.
   * @param hints from and for other processes.
   */
  constructor(dependencies: CircuitDependencies, held: readonly string[], hints?: CircuitHints) {
    this.#hints = hints;
    hints?.subscribe(({ site, became }) => {
      for (const circuit of this.#named(site)) circuit.hint(became);
    });
    this.#surroundings = dependencies;
    this.#held = new Set(held);
  }

  /** The circuit of a call site: its own, or the one that all sites with the same name share. */
  of({ site, service, who }: CircuitUser, policy: BreakerPolicy): Circuit {
    const known = policy.name === undefined ? this.#add(site, who, policy) : this.#sharedCircuit(policy.name, policy);
    known.usedBy.add(site);
    known.services.add(service);
    return known.circuit;
  }

  /** Forces existing and later circuits of that name open. */
  hold(site: string): void {
    this.#held.add(site);
    for (const circuit of this.#named(site)) circuit.hold();
  }

  /** Closes circuits, ends a forced-open state and resets the counts. */
  close(site: string): void {
    this.#held.delete(site);
    for (const circuit of this.#named(site)) circuit.close();
  }

  get readings(): BreakerReading[] {
    const missing = [...this.#held].filter(site => this.#named(site).length === 0);
    return [...this.#known.map(readingOf), ...missing.map(waitingHold)];
  }

  #named(site: string): Circuit[] {
    return this.#known.filter(known => known.site === site).map(({ circuit }) => circuit);
  }

  #sharedCircuit(name: string, policy: BreakerPolicy): RegisteredCircuit {
    const known = this.#shared.get(name) ?? this.#add(name, name, policy);
    this.#shared.set(name, known);
    return known;
  }

  #add(site: string, who: string, policy: BreakerPolicy): RegisteredCircuit {
    const circuit = new Circuit(who, policy, this.#surroundings);
    const known = { site, usedBy: new Set<string>(), services: new Set<string>(), circuit };
    this.#known.push(known);
    if (this.#held.has(site)) circuit.hold();
    circuit.onConclusion(became => this.#hints?.publish({ site, became }));
    return known;
  }
}

function readingOf({ site, usedBy, services, circuit }: RegisteredCircuit): BreakerReading {
  const { state, held, failed, slow, total, retryMs } = circuit.reading;
  return {
    site,
    usedBy: [...usedBy],
    services: [...services],
    state,
    held,
    failed,
    ...(slow === undefined ? {} : { slow }),
    total,
    ...(retryMs === undefined ? {} : { retryInSeconds: Math.ceil(retryMs / 1000) }),
  };
}

function waitingHold(site: string): BreakerReading {
  return { site, usedBy: [], services: [], state: 'open', held: true, failed: 0, total: 0 };
}
