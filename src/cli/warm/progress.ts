const WIDTH = 24;
const WHOLE_LINE = '\r\u001b[2K';

/** A progress bar on a terminal; nothing elsewhere. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  show(done: number, known: number, path: string): void {
    if (!this.#stream.isTTY) return;
    const filled = Math.round((done / known) * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const line = ` ${bar}  ${done}/${known}  ${path}`;
    this.#stream.write(WHOLE_LINE + line.slice(0, (this.#stream.columns || 80) - 1));
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(WHOLE_LINE);
  }
}
