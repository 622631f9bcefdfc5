import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { blocksIn } from '../docs/pages.ts';
import { NpmRun } from '../support/npm-run.ts';

export interface RunningExample extends AsyncDisposable {
  readonly url: string;
  /** The requests of the backends in order: `books GET /v1/books`. */
  calls(): readonly string[];
  stop(signal: NodeJS.Signals): Promise<number | string | null>;
}

/** Starts an example with the command of its README. */
export async function startExample(name: string): Promise<RunningExample> {
  const path = `examples/${name}/README.md`;
  const text = await readFile(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
  const [command] = blocksIn({ path, text }).filter(({ language }) => language === 'sh');
  const run = new NpmRun(command?.text.trim() ?? '');
  try {
    return {
      url: await run.url(),
      calls: () => [...run.printed.matchAll(/^ {2}(\w+) ← (.+)$/gm)].map(([, service, call]) => `${service} ${call}`),
      stop: signal => run.stop(signal),
      [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
    };
  } catch (error) {
    await run[Symbol.asyncDispose]();
    throw error;
  }
}
