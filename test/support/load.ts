import { setTimeout as delay } from 'node:timers/promises';

/** Clients that each send one request after the other until all requests are sent. */
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

/** The same until it is stopped. */
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

/** Requests at a fixed rate, independent of responses. Returns how many got 200 during that time. */
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
  // The rate follows the clock, so it stays constant when this process is slow.
  for (let passed = 0; passed < seconds; passed = (performance.now() - begun) / 1_000) {
    while (asked.length < passed * perSecond) asked.push(one());
    await delay(TICK_MS);
  }
  const inTime = good;
  await Promise.all(asked);
  return inTime;
}
