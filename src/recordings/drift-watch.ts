import type { Handler } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { mediaType } from '../core/headers/media-type.ts';
import type { CallPlace } from '../core/ports/call-decorator.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { DriftListener } from '../core/ports/drift.ts';
import type { Reply } from '../core/reply.ts';
import { whenKnown } from '../core/when-known.ts';
import { CollectedBytes } from './collected-bytes.ts';
import { decodedBody } from './decoded-body.ts';
import { JsonShape } from './json-shape.ts';
import { bytesOf } from './recorded-body.ts';
import type { Recording } from './recording-file.ts';
import { type ShapeChange, shapeChanges } from './shape-changes.ts';
import { TappedBody } from './tapped-body.ts';

/** A longer response is not compared. In bytes. */
const MAX_COMPARED = 256 * 1024;
/** Responses that are copied at the same time. */
const MAX_OPEN = 8;
/** Comparisons a second, and at once. */
const MAX_RATE = 20;
/** A backend with other names in every response would fill the memory and the log. */
const MAX_REPORTED = 200;

export interface DriftOptions {
  readonly clock: Clock;
  /** The share of the responses that is compared, from 0 to 1. */
  readonly share: number;
  /** From 0 up to 1. */
  readonly chance: () => number;
  readonly drifted: DriftListener;
}

/** Compares the JSON of backends with the recorded one, by call site. The request never waits for it. */
export class DriftWatch {
  readonly #options: DriftOptions;
  readonly #shapes: ReadonlyMap<string, JsonShape>;
  readonly #reported = new Set<string>();
  #open = 0;
  #budget = MAX_RATE;
  #budgetAt: number;

  constructor(recordings: Iterable<Recording>, options: DriftOptions) {
    this.#options = options;
    this.#shapes = shapesOf(recordings);
    this.#budgetAt = options.clock.now();
  }

  around(send: Handler, place: CallPlace): Handler {
    return x =>
      whenKnown(send(x), reply => (isComparable(reply) && this.#isChosen() ? this.#watched(reply, place) : reply));
  }

  #isChosen(): boolean {
    const { share, chance, clock } = this.#options;
    if (this.#open >= MAX_OPEN || this.#reported.size >= MAX_REPORTED || chance() >= share) return false;
    const now = clock.now();
    this.#budget = Math.min(MAX_RATE, this.#budget + ((now - this.#budgetAt) * MAX_RATE) / 1_000);
    this.#budgetAt = now;
    if (this.#budget < 1) return false;
    this.#budget--;
    return true;
  }

  #watched(reply: Reply, place: CallPlace): Reply {
    const { body, headers } = reply;
    if (body.kind === 'bytes') {
      setImmediate(() => void this.#compare(body.bytes, headers, place));
      return reply;
    }
    if (body.kind !== 'stream') return reply;
    this.#open++;
    const collected = new CollectedBytes(MAX_COMPARED, found => {
      this.#open--;
      // The reader of the body gets its last bytes first.
      if ('bytes' in found) setImmediate(() => void this.#compare(found.bytes, headers, place));
    });
    return { ...reply, body: new TappedBody(body, collected) };
  }

  async #compare(bytes: Buffer, headers: HeaderList, place: CallPlace): Promise<void> {
    const shape = this.#shapes.get(keyOfPlace(place));
    if (shape === undefined) return;
    const plain = await decodedBody({ bytes, headers }, MAX_COMPARED);
    const value = plain && parsed(plain.bytes);
    if (value === undefined) return;
    for (const change of shapeChanges(value, shape)) this.#report(change, place);
  }

  #report({ pointer, change }: ShapeChange, { site, service }: CallPlace): void {
    const drift = { site, service, pointer, change };
    const key = JSON.stringify(drift);
    if (this.#reported.has(key) || this.#reported.size >= MAX_REPORTED) return;
    this.#reported.add(key);
    this.#options.drifted(drift);
  }
}

const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)$/;

function isComparable({ status, headers, longLived }: Reply): boolean {
  return status >= 200 && status < 300 && longLived !== true && JSON_TYPE.test(mediaType(headers));
}

/** Only the shapes are kept: recordings have pictures and long texts, too. */
function shapesOf(recordings: Iterable<Recording>): ReadonlyMap<string, JsonShape> {
  const shapes = new Map<string, JsonShape>();
  for (const recording of recordings) {
    const { service } = recording.request;
    for (const site of recording.sites) {
      const key = keyOfPlace({ site, service });
      const shape = shapes.get(key) ?? new JsonShape();
      learn(shape, recording);
      if (shape.count > 0) shapes.set(key, shape);
    }
  }
  return shapes;
}

function keyOfPlace({ site, service }: CallPlace): string {
  return JSON.stringify([site, service]);
}

function learn(shape: JsonShape, { takes }: Recording): void {
  for (const { response } of takes) {
    const { status, body } = response;
    if (status < 200 || status > 299 || body === undefined) continue;
    const value = 'json' in body ? body.json : parsed(bytesOf(body));
    if (value !== undefined) shape.learn(value);
  }
}

/** Undefined for what is no JSON, as a truncated response is. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
