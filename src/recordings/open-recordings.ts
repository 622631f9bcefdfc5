import { resolve } from 'node:path';
import { ProjectError } from '../config-loader/project-error.ts';
import type { Handler } from '../core/handler.ts';
import type { CallDecorator } from '../core/ports/call-decorator.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { DriftListener } from '../core/ports/drift.ts';
import { DriftWatch } from './drift-watch.ts';
import { markedReplay } from './marked-replay.ts';
import { DEFAULT_FOLDER, type RecordingsOptions } from './options.ts';
import { type RecordingsFolder, readFolder } from './read-folder.ts';
import { recordCall } from './record-call.ts';
import { recordedOrMocked } from './recorded-or-mocked.ts';
import { RequestIdentity } from './recorded-request.ts';
import { RecordedResponses } from './recorded-responses.ts';
import { Recorder } from './recorder.ts';
import type { RecordingSettings } from './recording-file.ts';
import { Redaction } from './redaction.ts';
import { replayCall } from './replay-call.ts';

/** The recordings of a running gateway. */
export interface OpenRecordings extends CallDecorator {
  /** What happens, in a few words for the start's output. */
  readonly description: string;
  /** Wraps the handler of a route; undefined if its responses stay as they are. */
  readonly marked: ((handler: Handler) => Handler) | undefined;
  /** Resolves when everything is written. @throws ProjectError for what could not be. */
  close(): Promise<void>;
}

export interface RecordingsDependencies {
  /** The project's folder. */
  readonly dir: string;
  readonly clock: Clock;
  /** Receives a line for a developer. */
  note(line: string): void;
  readonly drifted: DriftListener;
}

/**
 * Opens the recordings of a project; undefined if there is nothing to compare with.
 * @throws ProjectError for a replay, with every mistake in the files, or if there are none; for a recording, if its
 *   folder cannot be written.
 */
export async function openRecordings(
  options: RecordingsOptions,
  dependencies: RecordingsDependencies,
): Promise<OpenRecordings | undefined> {
  const name = options.folder ?? DEFAULT_FOLDER;
  const path = resolve(dependencies.dir, name);
  if (options.use === 'compare') return comparing(options, { name, path }, dependencies);
  const folder = await readFolder(path);
  if (options.use === 'record') return recording(options, { name, path, folder }, dependencies);
  return options.use === 'mock' ? mocking(name, folder, dependencies) : replaying(name, folder, dependencies);
}

/** A mistake in a file must not keep a gateway from serving that only compares with it. */
async function comparing(
  options: RecordingsOptions,
  { name, path }: Omit<FoundFolder, 'folder'>,
  dependencies: RecordingsDependencies,
): Promise<OpenRecordings | undefined> {
  const folder = await readFolder(path).catch((error: unknown) => {
    if (!(error instanceof ProjectError)) throw error;
    dependencies.note(`responses are not compared: ${error.message}`);
    return undefined;
  });
  const drift = driftOf(options, folder, dependencies);
  if (drift === undefined) return undefined;
  return {
    isOffline: false,
    marked: undefined,
    description: `responses are compared with ${name}`,
    around: (send, place) => drift.around(send, place),
    close: () => Promise.resolve(),
  };
}

/** Undefined if there is nothing to compare, or with nothing. */
function driftOf(
  { share = 1 }: RecordingsOptions,
  folder: RecordingsFolder | undefined,
  { clock, drifted }: RecordingsDependencies,
): DriftWatch | undefined {
  if (folder === undefined || folder.recordings.size === 0 || share === 0) return undefined;
  return new DriftWatch(folder.recordings.values(), { clock, share, chance: Math.random, drifted });
}

interface FoundFolder {
  readonly name: string;
  readonly path: string;
  readonly folder: RecordingsFolder | undefined;
}

async function recording(
  options: RecordingsOptions,
  { name, path, folder }: FoundFolder,
  dependencies: RecordingsDependencies,
): Promise<OpenRecordings> {
  const { redact = [], keepHeaders = [] } = options;
  const { clock, note } = dependencies;
  const drift = driftOf(options, folder, dependencies);
  // What was a secret in an earlier run is one in this run, too.
  const settings: RecordingSettings = {
    redact: union(folder?.settings.redact, redact),
    keepHeaders: union(folder?.settings.keepHeaders, keepHeaders),
  };
  const redaction = new Redaction(settings.redact);
  const identity = new RequestIdentity(redaction, settings.keepHeaders);
  const recorder = new Recorder(path, note);
  await recorder.begin(settings);
  const parts = { clock, recorder, redaction, identity, note };
  return {
    isOffline: false,
    marked: undefined,
    description: `responses are written to ${name}`,
    around: (send, place) => recordCall(drift === undefined ? send : drift.around(send, place), place, parts),
    close: () => recorder.close(),
  };
}

function replaying(
  name: string,
  folder: RecordingsFolder | undefined,
  { clock, note }: RecordingsDependencies,
): OpenRecordings {
  const { responses, identity } = responsesIn(folder);
  if (responses.size === 0)
    throw new ProjectError(`${name} has no recordings to replay; \`portico record\` makes them`);
  const parts = { clock, responses, identity, note };
  return {
    isOffline: true,
    marked: markedReplay,
    description: `replay of ${counted(responses.size)} in ${name}; no backend is called`,
    around: (_send, place) => replayCall(place, parts),
    close: () => Promise.resolve(),
  };
}

/** Recordings before the values of a mock, which responds to all that is not recorded. */
function mocking(
  name: string,
  folder: RecordingsFolder | undefined,
  { clock }: RecordingsDependencies,
): OpenRecordings | undefined {
  const { responses, identity } = responsesIn(folder);
  if (responses.size === 0) return undefined;
  return {
    isOffline: true,
    marked: undefined,
    description: `${answered(responses.size)} from ${name}, others from schemas`,
    around: (send, place) => recordedOrMocked(send, place, { clock, responses, identity }),
    close: () => Promise.resolve(),
  };
}

function responsesIn(folder: RecordingsFolder | undefined): {
  readonly responses: RecordedResponses;
  readonly identity: RequestIdentity;
} {
  const { settings = { redact: [], keepHeaders: [] }, recordings = new Map() } = folder ?? {};
  const identity = new RequestIdentity(new Redaction(settings.redact), settings.keepHeaders);
  return { responses: new RecordedResponses(recordings, identity), identity };
}

function answered(requests: number): string {
  return requests === 1 ? '1 request is answered' : `${requests} requests are answered`;
}

function counted(requests: number): string {
  return `${requests} recorded ${requests === 1 ? 'request' : 'requests'}`;
}

function union(known: readonly string[] = [], more: readonly string[]): readonly string[] {
  return [...new Set([...known, ...more.map(name => name.toLowerCase())])].sort();
}
