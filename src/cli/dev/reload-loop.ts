import { basename } from 'node:path';
import type { Clock, Timer } from '../../core/ports/clock.ts';
import type { FileChange } from './file-states.ts';

/** So many loads in a row are given up for a change during them; the next one is completed. */
const MAX_GIVEN_UP = 2;
/** After so many further ones, each begun in silence, the project itself is what changes the file. */
const MAX_CALM = 2;
/** For so long nothing may change before another load, once loads were disturbed. */
const CALM_MS = 500;
/** Changes that never pause do not keep a new load waiting for longer, nor does a load that hangs. */
const MAX_WAIT_MS = 10_000;

export interface ReloadLoopOptions {
  /** Loads the project; a load that is under way is given up. `begins` and `ended` follow. */
  reload(): void;
  note(line: string): void;
  readonly clock: Clock;
}

/**
 * Decides when `dev` loads a project again: after each change, and over again if a change comes during a load. Saves
 * that are faster than a load, and files that change while they are loaded, would so never be served: after two loads
 * that were given up the next one is completed, and another follows when nothing changes any more.
 */
export class ReloadLoop {
  #isLoading = false;
  #endedAt = 0;
  /** Loads in a row during which something changed. */
  #disturbed = 0;
  #isDisturbed = false;
  /** Whether what changed during this load is left as it is. */
  #isAccepted = false;
  /** Files that changed during this load, and during the one before. */
  #changing = new Set<string>();
  #changedBefore: ReadonlySet<string> = new Set();
  #beganAt = 0;
  #lastLoadMs = 0;
  #calm: Timer | undefined;
  #hanging: Timer | undefined;
  #waitingSince = 0;
  #hadChangesBetween = false;
  #isNoted = false;
  readonly #options: ReloadLoopOptions;

  constructor(options: ReloadLoopOptions) {
    this.#options = options;
  }

  begins(): void {
    this.#isLoading = true;
    this.#isDisturbed = false;
    this.#isAccepted = false;
    this.#changedBefore = this.#changing;
    this.#changing = new Set();
    this.#beganAt = this.#options.clock.wall();
    this.close();
    this.#calm = undefined;
  }

  ended(): void {
    this.#isLoading = false;
    this.#endedAt = this.#options.clock.wall();
    this.#lastLoadMs = this.#endedAt - this.#beganAt;
    this.#hanging?.cancel();
    if (this.#isDisturbed && !this.#isAccepted) this.#waitForCalm();
  }

  changed(changes: readonly FileChange[]): void {
    const isInLoad = ({ at }: FileChange) => this.#isLoading || (at >= this.#beganAt && at <= this.#endedAt);
    if (changes.some(isInLoad)) this.#changedInLoad(changes.map(({ file }) => file));
    else if (this.#calm !== undefined) {
      this.#hadChangesBetween = true;
      this.#waitForCalm();
    } else {
      this.#settle();
      this.#options.reload();
    }
  }

  close(): void {
    this.#calm?.cancel();
    this.#hanging?.cancel();
  }

  #changedInLoad(files: readonly string[]): void {
    for (const each of files) this.#changing.add(each);
    // The one that changes by itself, if there is one.
    const file = files.find(each => this.#changedBefore.has(each)) ?? files[0] ?? '';
    if (this.#isDisturbed) {
      if (this.#isAccepted) this.#saved(files);
      return;
    }
    this.#isDisturbed = true;
    this.#disturbed += 1;
    if (this.#disturbed <= MAX_GIVEN_UP) {
      this.#options.reload();
      return;
    }
    if (this.#disturbed - MAX_GIVEN_UP > MAX_CALM && !this.#hadChangesBetween) {
      const name = basename(file);
      this.#options.note(`${name} changes whenever it is loaded; it is loaded again when a file is saved after that`);
      this.#settle();
      this.#isAccepted = true;
      if (this.#changedBefore.has(file)) this.#saved(files);
      return;
    }
    this.#noteOnce(file);
    if (this.#isLoading) this.#endHanging();
    else this.#waitForCalm();
  }

  /** Beside a file that changes by itself, a person may have saved another one. */
  #saved(files: readonly string[]): void {
    if (files.every(file => this.#changedBefore.has(file))) return;
    this.#isAccepted = false;
    if (!this.#isLoading) this.#waitForCalm();
  }

  #noteOnce(file: string): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    const name = basename(file);
    this.#options.note(`${name} changes faster than the project loads; this load goes on, and another follows`);
  }

  /** A load that goes on although something changed may wait for ever, perhaps for what the change corrects. */
  #endHanging(): void {
    const patienceMs = Math.max(MAX_WAIT_MS, 3 * this.#lastLoadMs);
    this.#hanging = this.#options.clock.after(patienceMs, () => this.#options.reload());
  }

  #waitForCalm(): void {
    if (this.#calm === undefined) this.#waitingSince = this.#options.clock.wall();
    this.#calm?.cancel();
    const wait = Math.max(0, Math.min(CALM_MS, this.#waitingSince + MAX_WAIT_MS - this.#options.clock.wall()));
    this.#calm = this.#options.clock.after(wait, () => {
      this.#calm = undefined;
      // Somebody who goes on saving is no file that changes by itself.
      if (this.#hadChangesBetween) this.#disturbed = MAX_GIVEN_UP;
      this.#hadChangesBetween = false;
      this.#options.reload();
    });
  }

  #settle(): void {
    this.#disturbed = 0;
    this.#hadChangesBetween = false;
    this.#isNoted = false;
  }
}
