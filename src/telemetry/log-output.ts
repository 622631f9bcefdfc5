import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Maximum of characters that wait for a slow reader of the log. */
const MAX_WAITING = 1024 * 1024;

type Stream = typeof process.stdout | typeof process.stderr;

/** The line that stands for lost ones. */
type LostLine = (lost: number) => string;

/**
 * Standard output or standard error for lines of a process that serves. If it is full, closed or stopped, lines are
 * dropped: it never waits, never throws, and never keeps the process alive. The first line afterwards contains the
 * number of dropped ones.
 */
export class LogOutput {
  #lost = 0;
  readonly #stream: Stream;
  readonly #fd: number;
  readonly #lostLine: LostLine;

  constructor(stream: Stream = process.stdout, lostLine: LostLine = lostLogLine) {
    this.#stream = stream;
    this.#fd = stream.fd;
    this.#lostLine = lostLine;
    neverWait(stream);
    // Without a listener, a closed pipe would end the process.
    if (stream.listenerCount('error') === 0) stream.on('error', () => undefined);
  }

  /** @param lines how many lines the text has. */
  write(text: string, lines = 1): void {
    const lost = this.#lost;
    if (lost > 0 && this.#pass(this.#lostLine(lost))) this.#lost -= lost;
    if (this.#lost > 0 || !this.#pass(text)) this.#lost += lines;
  }

  #pass(text: string): boolean {
    const stream = this.#stream;
    if (stream instanceof Socket) {
      // Writes to a pipe without a reader accumulate in memory.
      if (stream.destroyed || stream.writableLength > MAX_WAITING) return false;
      neverWait(stream);
      stream.write(text);
      return true;
    }
    try {
      // For a file: the stream would close for good at the first write without disk space.
      writeSync(this.#fd, text);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Lets writes to a pipe or a terminal return at once. A terminal waits from the start, and a pipe whenever any process
 * that shares it is started or ends: libuv makes the output of a child wait, Node restores at the exit what it found,
 * and both change the pipe for all of its processes. A write to a full pipe would then block every request.
 */
function neverWait(stream: Stream): void {
  // On Windows a pipe belongs to one process.
  if (process.platform === 'win32' && !stream.isTTY) return;
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null || !('setBlocking' in handle)) return;
  if (typeof handle.setBlocking === 'function') handle.setBlocking(false);
}

/** For outputs that others write to as well, and after the start of a child that shares them. */
export function outputsNeverWait(): void {
  for (const stream of [process.stdout, process.stderr]) neverWait(stream);
}

function lostLogLine(lost: number): string {
  const line = { level: 40, time: new Date().toISOString(), lost, msg: 'log lines were lost: nothing took them' };
  return `${JSON.stringify(line)}\n`;
}

/**
 * Resolves when standard output and standard error are flushed or closed.
 * @param ms the longest wait, in milliseconds; undefined for no limit.
 */
export async function outputsDrained(ms?: number): Promise<void> {
  // The lines of this turn are written at its end.
  await new Promise(resolve => setImmediate(resolve));
  const late = Promise.withResolvers<void>();
  const timer = ms === undefined ? undefined : setTimeout(late.resolve, ms);
  await Promise.race([Promise.all([process.stdout, process.stderr].map(drained)), late.promise]);
  clearTimeout(timer);
}

function drained(stream: Stream): Promise<void> | undefined {
  if (stream.destroyed || stream.writableLength === 0) return undefined;
  return new Promise(resolve => stream.write('', () => resolve()));
}
