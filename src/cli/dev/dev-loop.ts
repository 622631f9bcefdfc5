import type { RouteRow } from '../../admin/route-row.ts';
import type { StartFailure } from '../../config-loader/start-failure.ts';
import { systemClock } from '../../core/ports/clock.ts';
import type { Serving } from '../../workers/messages.ts';
import type { ImportedFiles } from '../../workers/module-recorder.ts';
import { StartRefused } from '../../workers/start-failure.ts';
import { keepAppRoutes } from '../app-routes.ts';
import { ProjectWatch, type ProjectWatchOptions } from './project-watch.ts';
import { ReloadLoop } from './reload-loop.ts';

interface DevLoopOptions extends ProjectWatchOptions {
  readonly dir: string;
  /** Loads the project; `loadBegins`, and `served` or `refused`, follow. */
  reload(): void;
  note(line: string): void;
}

/** `portico dev`: what is saved is loaded, and the types of the routes follow. */
export class DevLoop {
  readonly #dir: string;
  readonly #watch: ProjectWatch;
  readonly #loop: ReloadLoop;
  readonly #options: DevLoopOptions;
  readonly #first = Promise.withResolvers<Serving>();
  #hasLoaded = false;
  #typesTrouble: string | undefined;

  constructor({ dir, reload, note, ...watched }: DevLoopOptions) {
    this.#dir = dir;
    this.#options = { dir, reload, note };
    this.#loop = new ReloadLoop({ reload, note, clock: systemClock });
    this.#watch = new ProjectWatch(dir, watched);
    this.#watch.on('trouble', note);
    this.#watch.on('change', changes => this.#loop.changed(changes));
  }

  /**
   * Resolves when the project is served for the first time. A project with mistakes can be corrected meanwhile.
   * @throws StartRefused if the first load fails for any other reason.
   */
  async firstServing(): Promise<Serving> {
    await this.#watch.start();
    this.#options.reload();
    return this.#first.promise;
  }

  loadBegins(): void {
    this.#watch.loadBegins();
    this.#loop.begins();
  }

  imported(files: ImportedFiles): void {
    this.#watch.add(files);
  }

  served(serving: Serving): void {
    this.#ended(true);
    this.#first.resolve(serving);
    void this.#keepTypes(serving.routes);
  }

  /** @returns whether this ends the command. */
  refused(failure: StartFailure): boolean {
    const isFatal = !this.#hasLoaded && failure.kind !== 'definition';
    this.#ended(false);
    if (isFatal) this.#first.reject(new StartRefused(failure));
    return isFatal;
  }

  close(): void {
    this.#watch.close();
    this.#loop.close();
  }

  #ended(serves: boolean): void {
    this.#hasLoaded = true;
    this.#loop.ended();
    this.#watch.loadEnded(serves);
  }

  async #keepTypes(routes: readonly RouteRow[]): Promise<void> {
    const trouble = await keepAppRoutes(this.#dir, routes);
    // What stays as it is needs no line at each reload.
    if (trouble !== undefined && trouble !== this.#typesTrouble) this.#options.note(trouble);
    this.#typesTrouble = trouble;
  }
}
