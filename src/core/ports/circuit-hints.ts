/** A change of a circuit in another process of the gateway, by the evidence of that process. */
export interface CircuitHint {
  /** The name of the circuit for operators. */
  readonly site: string;
  /** `open`: too many calls failed. `closed`: its probe succeeded. */
  readonly became: 'open' | 'closed';
}

/** Tells the other processes of a gateway about circuits. */
export interface CircuitHints {
  publish(hint: CircuitHint): void;
  subscribe(listener: (hint: CircuitHint) => void): void;
}
