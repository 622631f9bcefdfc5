import { Agent, get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly connection: string | undefined;
}

/** One GET; rejects for a reset or refused connection. */
export async function ask(url: string, agent: Agent): Promise<Answered> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent }, resolve).once('error', reject);
  });
  const body = await text(response);
  return { status: response.statusCode ?? 0, body, connection: response.headers.connection };
}

/** A client that repeats a request until it is stopped. */
export class Looping {
  /** The number of responses and errors by name: `200`, `ECONNRESET`. */
  readonly outcomes = new Map<string, number>();
  #stopped = false;
  readonly #agent: Agent;
  readonly #waiting = new Set<{ readonly body: string; readonly resolve: () => void }>();
  readonly #done: Promise<void>;

  constructor(url: string, options: { readonly keepAlive: boolean }) {
    this.#agent = new Agent({ ...options, maxSockets: 1 });
    this.#done = this.#run(url);
  }

  /** Resolves with the first response that has this body. */
  sees(body: string): Promise<void> {
    return new Promise(resolve => this.#waiting.add({ body, resolve }));
  }

  async stop(): Promise<Record<string, number>> {
    this.#stopped = true;
    await this.#done;
    this.#agent.destroy();
    return Object.fromEntries(this.outcomes);
  }

  async #run(url: string): Promise<void> {
    while (!this.#stopped) {
      const outcome = await ask(url, this.#agent).then(
        ({ status, body }) => {
          for (const each of this.#waiting) if (each.body === body) each.resolve();
          return String(status);
        },
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
  }
}
