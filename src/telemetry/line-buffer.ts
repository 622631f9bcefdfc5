import type { LogOutput } from './log-output.ts';

/** A turn with more than this is written in parts. */
const MAX_BUFFERED = 64 * 1024;

/**
 * Writes the lines of one turn of the event loop together: under load, a system call for each line costs more than the
 * line. A process that is killed loses those of its last turn.
 */
export class LineBuffer {
  readonly #output: LogOutput;
  #text = '';
  #lines = 0;

  constructor(output: LogOutput) {
    this.#output = output;
  }

  write(line: string): void {
    if (this.#lines === 0) setImmediate(this.#flush);
    this.#text += line;
    this.#lines++;
    if (this.#text.length > MAX_BUFFERED) this.#pass();
  }

  readonly #flush = (): void => this.#pass();

  #pass(): void {
    if (this.#lines === 0) return;
    this.#output.write(this.#text, this.#lines);
    this.#text = '';
    this.#lines = 0;
  }
}
