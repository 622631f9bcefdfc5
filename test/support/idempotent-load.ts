import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { askShop } from './hosts.ts';
import { SteadyLoad } from './load.ts';

const CLIENTS = 30;
const PAUSE_MS = 100;

/** At most 300 requests a second that may be sent twice: stored and proxied ones, reads and writes. */
export class IdempotentLoad {
  readonly failures: string[] = [];
  readonly #load: SteadyLoad;

  constructor(front: { readonly port: number }) {
    this.#load = new SteadyLoad(CLIENTS, async number => {
      const [method, path] = requestOf(number);
      const outcome = await askShop(front, path, { method }).then(
        ({ status }) => status,
        (error: unknown) => String(error),
      );
      if (outcome !== 200) this.failures.push(`${method} ${path}: ${outcome}`);
      await delay(PAUSE_MS);
    });
  }

  /** Resolves when so many more requests are sent. */
  async more(requests: number): Promise<void> {
    const before = this.#load.asked;
    await expect.poll(() => this.#load.asked, { timeout: 30_000 }).toBeGreaterThan(before + requests);
  }

  stop(): Promise<void> {
    return this.#load.stop();
  }
}

function requestOf(number: number): readonly [method: string, path: string] {
  if (number % 4 === 0) return ['PUT', `/pages/${number}`];
  return ['GET', number % 4 === 1 ? `/pages/${number}` : `/api/products/${number % 20}`];
}
