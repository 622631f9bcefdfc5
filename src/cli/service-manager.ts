import { spawn } from 'node:child_process';
import type { ServiceManagerOptions } from './service-options.ts';

const PROGRAM = 'systemd-notify';

/** A program that hangs holds up no later message for longer. */
const SEND_MS = 5_000;

/**
 * Tells a service manager the state of this process. Node has no Unix datagram sockets, so a program of systemd sends
 * each message. They are sent in order, and nothing waits for them.
 */
export class ServiceManager {
  readonly #socket: string;
  readonly #note: (line: string) => void;
  readonly #watchdogMs: number | undefined;
  #sent: Promise<void> = Promise.resolve();
  #isReady = false;
  #isUnreachable = false;
  /** The last message could not be sent, which one line has said. */
  #isFailing = false;
  #isSending = false;

  constructor({ socket, watchdogMs }: ServiceManagerOptions, note: (line: string) => void) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
    this.#note = note;
  }

  /** @param status one line for `systemctl status`. */
  ready(status: string): void {
    this.#send(['READY=1', `STATUS=${status}`]);
    if (this.#isReady) return;
    this.#isReady = true;
    this.#keepAlive();
  }

  /** `ready` has to follow. */
  reloading(): void {
    // hrtime is CLOCK_MONOTONIC, by which systemd knows which reload is meant.
    this.#send(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`]);
  }

  stopping(): void {
    this.#send(['STOPPING=1', 'STATUS=Finishing open requests']);
  }

  /** Half of the interval, as sd_watchdog_enabled(3) recommends. */
  #keepAlive(): void {
    if (this.#watchdogMs === undefined) return;
    const send = () => {
      if (!this.#isSending) this.#send(['WATCHDOG=1']);
    };
    setInterval(send, Math.max(1, this.#watchdogMs / 2)).unref();
  }

  #send(assignments: readonly string[]): void {
    // For a lack of memory a program fails to start by a thrown error.
    this.#sent = this.#sent.then(() => this.#sendNow(assignments)).catch(error => this.#failed(error));
  }

  async #sendNow(assignments: readonly string[]): Promise<void> {
    if (this.#isUnreachable) return;
    this.#isSending = true;
    try {
      await this.#run(assignments);
    } finally {
      this.#isSending = false;
    }
  }

  #run(assignments: readonly string[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Of this process, if its user may say so. It waits until the message is read, since its sender has to exist then.
    const args = [`--pid=${process.pid}`, ...assignments];
    const env = { ...process.env, NOTIFY_SOCKET: this.#socket };
    const child = spawn(PROGRAM, args, { env, stdio: 'ignore', timeout: SEND_MS, killSignal: 'SIGKILL' });
    child.unref();
    child.once('error', (error: NodeJS.ErrnoException) => {
      this.#failed(error);
      resolve();
    });
    child.once('exit', () => {
      this.#isFailing = false;
      resolve();
    });
    return promise;
  }

  /** Without the program nothing can ever be sent; a lack of processes or memory passes. */
  #failed({ code, message }: NodeJS.ErrnoException): void {
    if (code === 'ENOENT') {
      this.#isUnreachable = true;
      this.#note(
        `NOTIFY_SOCKET is set, but ${PROGRAM} cannot be run, so the service manager hears nothing: ${message}`,
      );
    } else if (!this.#isFailing) {
      this.#isFailing = true;
      this.#note(`${PROGRAM} cannot be run now, so the service manager misses messages: ${message}`);
    }
  }
}
