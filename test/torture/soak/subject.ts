import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Measured, Question, Told } from './messages.ts';

const FILE = fileURLToPath(new URL('./gateway-process.ts', import.meta.url));

/** The process of the gateway under test. */
export class Subject implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(dir: string): Promise<Subject> {
    const child = fork(FILE, { execArgv: ['--conditions=portico-source', '--expose-gc'] });
    child.send({ dir } satisfies Question);
    const headers = await answerOf(child, 'listening');
    return new Subject(child, headers.port);
  }

  async measure(): Promise<Measured> {
    this.#child.send('measure' satisfies Question);
    return (await answerOf(this.#child, 'measured')).measured;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.send('close' satisfies Question);
    await ended;
  }
}

async function answerOf<K extends Told['kind']>(child: ChildProcess, kind: K): Promise<Extract<Told, { kind: K }>> {
  const died = new AbortController();
  const die = (): void => died.abort(new Error('the gateway’s process ended'));
  child.once('exit', die);
  try {
    for await (const [headers] of on(child, 'message', { signal: died.signal }))
      if (isOf(headers, kind)) return headers;
  } finally {
    child.off('exit', die);
  }
  throw new Error(`never heard: ${kind}`);
}

function isOf<K extends Told['kind']>(headers: Told, kind: K): headers is Extract<Told, { kind: K }> {
  return headers.kind === kind;
}
