/** So many clients, each with one question after the other, until all questions are asked. */
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
