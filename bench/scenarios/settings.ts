/** How long a run takes, and how much its rounds differ. */
export interface Settings {
  readonly quick: boolean;
  readonly rounds: number;
  /** Requests that each server of Node gets before it is measured, because its code is compiled while it runs. */
  readonly warmUp: number;
  /** Multiplies the requests of a turn. */
  readonly share: number;
  readonly latency: { readonly rounds: number; readonly seconds: number };
  readonly throughput: { readonly rounds: number; readonly seconds: number };
  /** Requests of the scenario of memory. */
  readonly soakRequests: number;
}

export const FULL: Settings = {
  quick: false,
  rounds: 5,
  warmUp: 20_000,
  share: 1,
  latency: { rounds: 4, seconds: 1.5 },
  throughput: { rounds: 5, seconds: 1 },
  soakRequests: 1_000_000,
};

export const QUICK: Settings = {
  quick: true,
  rounds: 3,
  warmUp: 6_000,
  share: 0.4,
  latency: { rounds: 3, seconds: 1 },
  throughput: { rounds: 3, seconds: 1 },
  soakRequests: 100_000,
};
