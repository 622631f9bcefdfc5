import { ProjectError } from '../config-loader/project-error.ts';
import { isSafe } from '../core/safe-method.ts';
import { fileNameOf } from './file-name.ts';
import { KeptResponses } from './kept-responses.ts';
import { SETTINGS_FILE } from './read-folder.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { RecordedResponse } from './recorded-response.ts';
import { type RecordingSettings, recordingText, settingsText } from './recording-file.ts';
import { RecordingWriter } from './recording-writer.ts';

/** The place of a response in the recording, taken when its request is sent. */
export interface TakePlace {
  readonly order: number;
  /** The number of writes to its service before it. */
  readonly position: number;
}

interface OpenRecording {
  readonly request: RecordedRequest;
  readonly sites: Set<string>;
  readonly responses: KeptResponses;
}

/** Everything that one run records. The file of a request that an earlier run recorded is replaced. */
export class Recorder {
  readonly #folder: string;
  readonly #writer: RecordingWriter;
  readonly #note: (line: string) => void;
  readonly #open = new Map<string, OpenRecording>();
  readonly #writes = new Map<string, number>();
  readonly #full = new Set<string>();
  readonly #finishing = new Set<Promise<void>>();
  #order = 0;
  #isClosed = false;

  constructor(folder: string, note: (line: string) => void) {
    this.#folder = folder;
    this.#note = note;
    this.#writer = new RecordingWriter(folder, note);
  }

  /** Writes the settings, so that a folder that cannot be written is known before a request. @throws ProjectError. */
  async begin(settings: RecordingSettings): Promise<void> {
    await this.#writer.begin(SETTINGS_FILE, settingsText(settings)).catch(cause => {
      const reason = cause instanceof Error ? cause.message : cause;
      throw new ProjectError(`cannot write ${this.#folder}: ${reason}; \`--recordings\` names another folder`, {
        cause,
      });
    });
  }

  /** A request is being sent. */
  sent(service: string, method: string): TakePlace {
    const position = this.#writes.get(service) ?? 0;
    if (!isSafe(method)) this.#writes.set(service, position + 1);
    return { order: this.#order++, position };
  }

  keep(place: TakePlace, site: string, request: RecordedRequest, response: RecordedResponse): void {
    if (this.#isClosed) return;
    const name = fileNameOf(request);
    const open = this.#openOf(name, request);
    open.sites.add(site);
    if (!open.responses.add(place, response)) this.#tooMany(name);
    this.#writer.write(name, () =>
      recordingText({ request: open.request, sites: [...open.sites].sort(), takes: open.responses.takes() }),
    );
  }

  /** A response that has ended is being read. */
  finishing(work: Promise<void>): void {
    const done = work
      .catch(error => this.#note(`a response is not recorded: ${error instanceof Error ? error.message : error}`))
      .finally(() => this.#finishing.delete(done));
    this.#finishing.add(done);
  }

  /**
   * Resolves when every response that has ended is in its file. Nothing is written after it.
   * @throws ProjectError if a file could not be written.
   */
  async close(): Promise<void> {
    while (this.#finishing.size > 0) await Promise.all(this.#finishing);
    this.#isClosed = true;
    await this.#writer.flushed();
    const { size } = this.#writer.failed;
    if (size > 0)
      throw new ProjectError(`${size} ${size === 1 ? 'recording is' : 'recordings are'} not written, as said above`);
  }

  #openOf(name: string, request: RecordedRequest): OpenRecording {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const open = { request, sites: new Set<string>(), responses: new KeptResponses(request.method) };
    this.#open.set(name, open);
    return open;
  }

  #tooMany(name: string): void {
    if (this.#full.has(name)) return;
    this.#full.add(name);
    this.#note(`${name} has the most different responses that a recording holds; later ones are not recorded`);
  }
}
