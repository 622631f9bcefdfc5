import { compileSchema } from '../config/schema.ts';
import type { Mistake } from '../config/verdict.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { RecordedTake } from './recorded-response.ts';

/** The version of the format. A gateway reads no newer one. */
const RECORDING_VERSION = 1;

/** One file: a request with its responses in the order of the recording. */
export interface Recording {
  readonly request: RecordedRequest;
  /** The call sites that sent it, as `portico breaker ls` names them. */
  readonly sites: readonly string[];
  readonly takes: readonly RecordedTake[];
}

/** A mistake in a file, with its place: a line and a column, or a JSON pointer (RFC 6901). */
interface RecordingMistake {
  readonly place: string;
  readonly detail: string;
}

export type ReadRecording = { readonly recording: Recording } | { readonly mistakes: readonly RecordingMistake[] };

/** The text of a file: equal recordings have equal texts, and each value has a line of its own. */
export function recordingText({ request, sites, takes }: Recording): string {
  const responses = takes.map(({ position, response }) => ({ position, ...response }));
  return `${JSON.stringify({ portico: RECORDING_VERSION, request, sites, responses }, undefined, 2)}\n`;
}

export function readRecording(text: string): ReadRecording {
  const read = readVersioned(text);
  if ('mistakes' in read) return read;
  const verdict = checkOf(RECORDING)(read.value);
  if (verdict.length > 0) return { mistakes: verdict };
  const { request, sites, responses } = read.value as StoredRecording;
  return {
    recording: { request, sites, takes: responses.map(({ position, ...response }) => ({ position, response })) },
  };
}

/** What a recording was made with, so that a request is looked up in the same way. */
export interface RecordingSettings {
  /** Names of secrets beside the known ones. */
  readonly redact: readonly string[];
  /** Request fields whose values are kept if a response depends on them, beside the known ones. */
  readonly keepHeaders: readonly string[];
}

export type ReadSettings =
  | { readonly settings: RecordingSettings }
  | { readonly mistakes: readonly RecordingMistake[] };

export function settingsText({ redact, keepHeaders }: RecordingSettings): string {
  return `${JSON.stringify({ portico: RECORDING_VERSION, redact, keepHeaders }, undefined, 2)}\n`;
}

export function readSettings(text: string): ReadSettings {
  const read = readVersioned(text);
  if ('mistakes' in read) return read;
  const verdict = checkOf(SETTINGS)(read.value);
  if (verdict.length > 0) return { mistakes: verdict };
  const { redact, keepHeaders } = read.value as RecordingSettings;
  return { settings: { redact, keepHeaders } };
}

type StoredRecording = Pick<Recording, 'request' | 'sites'> & {
  readonly responses: readonly (Pick<RecordedTake, 'position'> & RecordedTake['response'])[];
};

/** The version comes first: the structure of another one is not known. */
function readVersioned(text: string): { readonly value: object } | { readonly mistakes: readonly RecordingMistake[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { mistakes: [jsonMistake(text, error)] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { mistakes: [{ place: '/', detail: 'must be an object' }] };
  const version: unknown = 'portico' in value ? value.portico : undefined;
  if (typeof version === 'number' && version > RECORDING_VERSION) {
    const detail = `is version ${version}, and this Portico reads ${RECORDING_VERSION}; update Portico, or record anew`;
    return { mistakes: [{ place: '/portico', detail }] };
  }
  return { value };
}

/** V8 names the position of most mistakes; others are at the end of the text. */
function jsonMistake(text: string, error: unknown): RecordingMistake {
  const known = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  const position = known === undefined ? text.length : Number(known);
  const lines = text.slice(0, position).split('\n');
  const place = `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  return { place, detail: position < text.trimEnd().length ? 'is no JSON' : 'is no JSON: it ends early' };
}

function checkOf(schema: object): (value: unknown) => readonly RecordingMistake[] {
  const check = compileSchema(schema, { coerce: false });
  return value => {
    const verdict = check?.(value);
    // A JSON Schema is checked at once.
    if (verdict === undefined || verdict instanceof Promise) return [];
    return withoutBranches(verdict.errors ?? []);
  };
}

const NO_BRANCH = 'must match a schema in anyOf';

/** What may be one of several things misses all of them; one line says so. */
function withoutBranches(errors: readonly Mistake[]): readonly RecordingMistake[] {
  const chosen = errors.filter(({ detail }) => detail === NO_BRANCH).map(({ pointer }) => pointer);
  const kept = errors.filter(
    ({ pointer, detail }) =>
      !chosen.some(each => (pointer === each ? detail !== NO_BRANCH : pointer.startsWith(`${each}/`))),
  );
  return kept.map(({ pointer, detail }) => ({
    place: pointer === '' ? '/' : pointer,
    detail: detail === NO_BRANCH ? branchesOf(pointer) : detail,
  }));
}

function branchesOf(pointer: string): string {
  if (pointer.endsWith('/position')) return 'must be a number or a list of numbers, from 0 on';
  if (/\/messages\/\d+$/.test(pointer)) return 'must have wait, after, and one of text, base64 or close';
  return 'must have one of json (perhaps with indent 2 or 4), text, lines, base64 or empty, and nothing else';
}

const COUNT = { type: 'integer', minimum: 0 };
const TEXT = { type: 'string' };
const TEXTS = { type: 'array', items: TEXT };
const BASE64 = { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' };

function object(properties: object, required: readonly string[]): object {
  return { type: 'object', properties, required, additionalProperties: false };
}

/** RFC 9110 §5.1, §5.5. */
const FIELD = {
  type: 'string',
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+:",
  not: { pattern: '[\\u0000-\\u0008\\u000a-\\u001f\\u007f\\u0100-\\uffff]' },
};
const FIELDS = { type: 'array', items: FIELD };

const BODY = {
  anyOf: [
    object({ json: {}, indent: { enum: [2, 4] } }, ['json']),
    object({ text: TEXT }, ['text']),
    object({ lines: TEXTS }, ['lines']),
    object({ base64: BASE64 }, ['base64']),
    object({ empty: { const: true } }, ['empty']),
  ],
};

const MESSAGE_TIMES = { wait: COUNT, after: COUNT };
const MESSAGE = {
  anyOf: [
    object({ ...MESSAGE_TIMES, text: TEXT }, ['wait', 'after', 'text']),
    object({ ...MESSAGE_TIMES, base64: BASE64 }, ['wait', 'after', 'base64']),
    object({ ...MESSAGE_TIMES, close: { type: 'integer', minimum: 0, maximum: 4999 }, reason: TEXT }, [
      'wait',
      'after',
      'close',
    ]),
  ],
};

const RESPONSE = object(
  {
    position: { anyOf: [COUNT, { type: 'array', items: COUNT, minItems: 1 }] },
    status: { type: 'integer', minimum: 101, maximum: 999 },
    headers: FIELDS,
    body: BODY,
    trailers: FIELDS,
    events: { type: 'array', items: object({ wait: COUNT, text: TEXT }, ['wait', 'text']) },
    messages: { type: 'array', items: MESSAGE },
    ends: { const: true },
  },
  ['position', 'status', 'headers'],
);

const REQUEST = object(
  {
    service: { type: 'string', minLength: 1 },
    method: { type: 'string', pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
    upgrade: { const: true },
    path: { type: 'string', pattern: '^/|^\\*$' },
    query: { type: 'string', pattern: '^\\?' },
    body: object({ sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' }, content: BODY }, ['sha256']),
    headers: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
  },
  ['service', 'method', 'path'],
);

const RECORDING = object(
  {
    portico: { const: RECORDING_VERSION },
    request: REQUEST,
    sites: TEXTS,
    responses: { type: 'array', items: RESPONSE, minItems: 1 },
  },
  ['portico', 'request', 'sites', 'responses'],
);

const SETTINGS = object({ portico: { const: RECORDING_VERSION }, redact: TEXTS, keepHeaders: TEXTS }, [
  'portico',
  'redact',
  'keepHeaders',
]);
