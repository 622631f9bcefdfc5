import { setTimeout as delay } from 'node:timers/promises';

/** So many clients, each with one request after the other, until all requests are asked. */
export async function load(
  { requests, clients }: { readonly requests: number; readonly clients: number },
  ask: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) await ask(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** The same until it is told to stop. */
export class SteadyLoad {
  asked = 0;
  #stopped = false;
  readonly #done: Promise<unknown>;

  constructor(clients: number, ask: (number: number) => Promise<unknown>) {
    const client = async (): Promise<void> => {
      while (!this.#stopped) await ask(this.asked++);
    };
    this.#done = Promise.all(Array.from({ length: clients }, client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }
}

const TICK_MS = 25;

/**
 * Requests that come whether or not the ones before are answered. Tells how many were answered with 200 while they
 * still came.
 */
export async function offered(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  ask: () => Promise<{ readonly status: number }>,
): Promise<number> {
  let good = 0;
  const asked: Promise<void>[] = [];
  const one = async (): Promise<void> => {
    if ((await ask()).status === 200) good++;
  };
  const begun = performance.now();
  // By the clock, not by turns: where this process falls behind, the rate does not.
  for (let passed = 0; passed < seconds; passed = (performance.now() - begun) / 1_000) {
    while (asked.length < passed * perSecond) asked.push(one());
    await delay(TICK_MS);
  }
  const inTime = good;
  await Promise.all(asked);
  return inTime;
}
