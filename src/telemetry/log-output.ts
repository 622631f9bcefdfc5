import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Maximum of characters that wait for a slow reader of the log. */
const MAX_WAITING = 1024 * 1024;

const STDOUT = 1;

/**
 * Standard output for the log. If it is full, closed or stopped, lines are dropped: it never waits, never throws, and
 * never keeps the process alive. The first line afterwards contains the number of dropped ones.
 */
export class LogOutput {
  #lost = 0;

  constructor() {
    // Node writes synchronously to a terminal, so a stopped one (Ctrl-S) would block every request.
    if (process.stdout.isTTY) waitless(process.stdout);
    // Without a listener, a closed pipe would end the process.
    if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
  }

  write(line: string): void {
    const lost = this.#lost;
    if (lost > 0 && this.#pass(lostLine(lost))) this.#lost -= lost;
    if (this.#lost > 0 || !this.#pass(line)) this.#lost++;
  }

  #pass(line: string): boolean {
    const { stdout } = process;
    if (stdout instanceof Socket) {
      // Writes to a pipe without a reader accumulate in memory.
      if (stdout.destroyed || stdout.writableLength > MAX_WAITING) return false;
      stdout.write(line);
      return true;
    }
    try {
      // For a file: process.stdout would close for good at the first write without disk space.
      writeSync(STDOUT, line);
      return true;
    } catch {
      return false;
    }
  }
}

function waitless(stream: object): void {
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null || !('setBlocking' in handle)) return;
  if (typeof handle.setBlocking === 'function') handle.setBlocking(false);
}

function lostLine(lost: number): string {
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), lost, msg: 'log lines were lost: nothing took them' })}\n`;
}

/** Resolves when standard output is flushed, or after that many milliseconds. */
export function outputDrained(ms: number): Promise<void> {
  const { stdout } = process;
  if (stdout.destroyed || stdout.writableLength === 0) return Promise.resolve();
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    stdout.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
