import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProjectError, unreadable } from '../config-loader/project-error.ts';
import { fileNameOf } from './file-name.ts';
import { type Recording, type RecordingSettings, readRecording, readSettings } from './recording-file.ts';

/** The file with the settings of a folder of recordings. */
export const SETTINGS_FILE = 'recordings.json';

/** Everything in a folder of recordings. */
export interface RecordingsFolder {
  readonly settings: RecordingSettings;
  /** By the name of its file, relative to the folder. */
  readonly recordings: ReadonlyMap<string, Recording>;
}

/**
 * Reads a folder of recordings; undefined if it does not exist.
 * @throws ProjectError with every mistake in the files.
 */
export async function readFolder(folder: string): Promise<RecordingsFolder | undefined> {
  const names = await filesIn(folder);
  if (names === undefined) return undefined;
  const reading = new FolderReading(folder);
  for (const name of names) await reading.add(name);
  return reading.finish();
}

const NO_SETTINGS: RecordingSettings = { redact: [], keepHeaders: [] };

class FolderReading {
  readonly #folder: string;
  readonly #mistakes: string[] = [];
  readonly #recordings = new Map<string, Recording>();
  /** The file of each request, by the name that the request has. */
  readonly #files = new Map<string, string>();
  #settings = NO_SETTINGS;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(name: string): Promise<void> {
    const path = join(this.#folder, name);
    const text = await readFile(path, 'utf8').catch(cause => {
      throw unreadable(path, cause);
    });
    if (name === SETTINGS_FILE) this.#addSettings(text);
    else this.#addRecording(name, text);
  }

  finish(): RecordingsFolder {
    const count = this.#mistakes.length;
    if (count === 0) return { settings: this.#settings, recordings: this.#recordings };
    const title = `${count} ${count === 1 ? 'mistake' : 'mistakes'} in the recordings of ${this.#folder}`;
    const remedy = 'correct the files, or remove them and run `portico record`';
    throw new ProjectError([title, ...this.#mistakes.map(mistake => `  ${mistake}`), `  → ${remedy}`].join('\n'));
  }

  #addSettings(text: string): void {
    const read = readSettings(text);
    if ('settings' in read) this.#settings = read.settings;
    else this.#note(SETTINGS_FILE, read.mistakes);
  }

  #addRecording(name: string, text: string): void {
    const read = readRecording(text);
    if ('mistakes' in read) {
      this.#note(name, read.mistakes);
      return;
    }
    const own = fileNameOf(read.recording.request);
    const other = this.#files.get(own);
    if (other !== undefined)
      this.#mistakes.push(`${name}  /request: is the request of ${other}, too; remove one of the files`);
    this.#files.set(own, name);
    this.#recordings.set(name, read.recording);
  }

  #note(name: string, mistakes: readonly { readonly place: string; readonly detail: string }[]): void {
    for (const { place, detail } of mistakes) {
      const isPointer = place.startsWith('/');
      this.#mistakes.push(isPointer ? `${name}  ${place}: ${detail}` : `${name}:${place}: ${detail}`);
    }
  }
}

/** Sorted, with forward slashes. A file that is no JSON belongs to somebody else. */
async function filesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    const names = await readdir(folder, { recursive: true });
    return names
      .map(name => name.replaceAll('\\', '/'))
      .filter(isOurs)
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadable(folder, error);
  }
}

function isOurs(name: string): boolean {
  return name.endsWith('.json') && !name.split('/').some(step => step.startsWith('.'));
}
