import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** What waits at most for a reader of the log that does not read, in characters. */
const MAX_WAITING = 1024 * 1024;

const STDOUT = 1;

/**
 * Standard output for the log. Where it is full, closed or stopped it drops lines: it never waits, never throws, and
 * never keeps the process from ending. When lines pass again, the first of them contains the number of dropped ones.
 */
export class LogOutput {
  #lost = 0;

  constructor() {
    // Node writes to a terminal and waits: one that is stopped (Ctrl-S) would stop every request.
    if (process.stdout.isTTY) waitless(process.stdout);
    // Without a listener the end of the log's reader would end the process.
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
      // Writes to a pipe without a reader end in memory.
      if (stdout.destroyed || stdout.writableLength > MAX_WAITING) return false;
      stdout.write(line);
      return true;
    }
    try {
      // A file: process.stdout would be closed for good by the first write that finds no space.
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

/** Resolves when what was written to standard output has left, or after that many milliseconds. */
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
