import type { JsonObject } from '../config/json-object.ts';

// The schemas of what the admin port reads and says, as in the OpenAPI document. They are written by hand beside the
// types of `core/`, and real responses are checked against them.

const TEXT = { type: 'string' };
const COUNT = { type: 'integer', minimum: 0 };
const NUMBER = { type: 'number', minimum: 0 };
const DATE = { type: 'string', format: 'date-time' };
const TEXTS = listOf(TEXT);
const PID = { ...COUNT, description: 'The process.' };
const BUCKETS =
  'Counts by bucket; one more than there are ends counts longer times, and zeros at the end are left out.';

/** An object that has these members, of which those with a `?` at the end of their name may be absent. */
function objectOf(members: Readonly<Record<string, JsonObject>>, description?: string): JsonObject {
  const names = Object.keys(members);
  const plain = (name: string): string => name.replace(/\?$/, '');
  return {
    type: 'object',
    ...(description !== undefined && { description }),
    required: names.filter(name => !name.endsWith('?')),
    properties: Object.fromEntries(names.map(name => [plain(name), members[name]])),
    additionalProperties: false,
  };
}

function listOf(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

function oneOf(...values: readonly string[]): JsonObject {
  return { enum: values };
}

export function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

function ofWorkers(members: Readonly<Record<string, JsonObject>>): JsonObject {
  return objectOf({ workers: listOf(objectOf({ pid: PID, ...members })) });
}

const SITE = {
  'cache?': { ...TEXT, description: 'Cache-Status (RFC 9211).' },
  keyedBy: TEXTS,
  'breaker?': TEXT,
  'fallback?': TEXT,
  'limit?': oneOf('queued', 'refused'),
  queuedMs: NUMBER,
  isHedged: { type: 'boolean' },
  attempts: listOf(reference('Attempt')),
};

const NUMBERS = { requests: COUNT, errors: COUNT, 'p95Ms?': NUMBER };
const SIZE = { responses: COUNT, bytes: COUNT };

export const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Problem: {
    type: 'object',
    description: 'An error (RFC 9457).',
    required: ['type', 'title', 'status', 'code'],
    properties: {
      type: TEXT,
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { ...TEXT, description: 'A code of docs/errors.md.' },
      errors: listOf(objectOf({ pointer: { ...TEXT, description: 'A JSON pointer.' }, detail: TEXT })),
    },
  },
  Index: objectOf({
    status: reference('Phase'),
    generation: COUNT,
    workers: COUNT,
    see: TEXTS,
    routes: listOf(reference('Route')),
  }),
  Phase: oneOf('starting', 'ready', 'draining'),
  Route: objectOf({
    method: TEXT,
    path: TEXT,
    pattern: TEXT,
    response: TEXT,
    policies: listOf(objectOf({ name: TEXT, policy: TEXT })),
    file: TEXT,
  }),
  Readiness: objectOf({
    status: reference('Phase'),
    generation: COUNT,
    workers: COUNT,
    routes: COUNT,
    'node?': TEXT,
    'uptimeSeconds?': COUNT,
    'pids?': listOf(PID),
    'breakers?': listOf(objectOf({ route: TEXT, 'part?': TEXT, state: TEXT, workers: COUNT })),
  }),
  Stats: objectOf({
    at: DATE,
    uptimeMs: { ...COUNT, description: 'Of the process; two responses are compared by it.' },
    status: reference('Phase'),
    generation: COUNT,
    workers: COUNT,
    canReload: { type: 'boolean' },
    routeCount: COUNT,
    active: { type: 'integer', description: 'Requests that are handled at this moment.' },
    eventLoop: { ...listOf(COUNT), description: `How late it came to a timer. ${BUCKETS}` },
    loopEndsMs: { ...listOf(NUMBER), description: 'The ends of the buckets of the event loop.' },
    endsMs: { ...listOf(NUMBER), description: 'The ends of the buckets of routes.' },
    routes: listOf(
      objectOf(
        { route: TEXT, requests: COUNT, errors: COUNT, buckets: { ...listOf(COUNT), description: BUCKETS } },
        'Since the start of the gateway; errors are responses with 5xx.',
      ),
    ),
    cache: listOf(
      objectOf({
        route: TEXT,
        part: { ...TEXT, description: 'Empty for the route itself.' },
        hit: COUNT,
        miss: COUNT,
        revalidated: COUNT,
        stale: COUNT,
        bypass: COUNT,
      }),
    ),
  }),
  Services: ofWorkers({ services: listOf(reference('Service')) }),
  Service: objectOf({
    service: TEXT,
    inFlight: COUNT,
    streams: COUNT,
    waiting: COUNT,
    'limit?': { ...NUMBER, description: 'The most calls in flight; absent where nothing limits them.' },
    mode: oneOf('open', 'trial', 'held'),
    'learned?': objectOf({ usualMs: NUMBER, meanMs: NUMBER, perSecond: NUMBER }),
    targets: listOf(reference('Target')),
  }),
  Target: objectOf({
    origin: TEXT,
    group: oneOf('stable', 'canary'),
    state: oneOf('healthy', 'ejected', 'unhealthy', 'backing_off'),
    weight: NUMBER,
    costMs: { ...NUMBER, description: 'The peak of its recent times to response headers.' },
    inFlight: COUNT,
    streams: COUNT,
  }),
  Stored: ofWorkers({
    stored: objectOf(
      {
        bytes: COUNT,
        maxBytes: COUNT,
        entries: COUNT,
        tags: listOf(objectOf({ tag: TEXT, ...SIZE })),
        moreTags: COUNT,
        untagged: objectOf(SIZE),
      },
      'The memory of one process; the tags are the 100 with the most bytes.',
    ),
  }),
  Breakers: ofWorkers({
    breakers: listOf(
      objectOf({
        site: TEXT,
        usedBy: TEXTS,
        services: TEXTS,
        state: oneOf('closed', 'open', 'half-open'),
        held: { type: 'boolean', description: 'Whether an operator forced it open.' },
        failed: COUNT,
        'slow?': COUNT,
        total: COUNT,
        'retryInSeconds?': COUNT,
      }),
    ),
  }),
  BreakerCommand: { oneOf: [objectOf({ open: TEXT }), objectOf({ close: TEXT })] },
  BreakerCommanded: objectOf({ 'open?': TEXT, 'close?': TEXT, workers: COUNT }),
  Sessions: objectOf({
    store: oneOf('cookie', 'disk', 'redis'),
    sessions: listOf(
      objectOf({
        id: TEXT,
        subject: TEXT,
        issuer: TEXT,
        startedAt: DATE,
        ageSeconds: COUNT,
        scopes: TEXTS,
        roles: TEXTS,
        hasTokens: { type: 'boolean' },
      }),
    ),
    more: COUNT,
  }),
  SessionCommand: {
    oneOf: [objectOf({ id: TEXT }), objectOf({ user: TEXT }), objectOf({ all: { const: true } })],
  },
  SessionsEnded: objectOf({
    'id?': TEXT,
    'user?': TEXT,
    'all?': { const: true },
    store: oneOf('cookie', 'disk', 'redis'),
    'ended?': COUNT,
  }),
  Requests: objectOf({ requests: listOf(reference('Request')) }),
  Request: objectOf({
    requestId: TEXT,
    'traceId?': TEXT,
    at: DATE,
    method: TEXT,
    path: TEXT,
    'route?': TEXT,
    'file?': TEXT,
    status: { type: 'integer' },
    durationMs: NUMBER,
    waitingMs: NUMBER,
    'usualMs?': { ...NUMBER, description: 'What 95 % of the requests of its route take at most.' },
    'failure?': objectOf({ code: TEXT, message: TEXT, blame: oneOf('client', 'gateway', 'upstream') }),
    fallbacks: listOf(objectOf({ 'part?': TEXT, reason: TEXT, 'absent?': { const: true } })),
    isLongLived: { type: 'boolean' },
    site: objectOf(SITE),
    parts: listOf(
      objectOf({
        ...SITE,
        name: TEXT,
        startMs: { type: 'number' },
        'durationMs?': NUMBER,
        'usualMs?': NUMBER,
        'failure?': TEXT,
        isAbsent: { type: 'boolean' },
      }),
    ),
    findings: listOf(reference('Finding')),
  }),
  Attempt: objectOf({
    service: TEXT,
    'target?': TEXT,
    startMs: { type: 'number', description: 'Since the request arrived.' },
    'headersMs?': { ...NUMBER, description: 'From its start to the response headers or a failure.' },
    'durationMs?': NUMBER,
    'usualMs?': NUMBER,
    'status?': { type: 'integer' },
    'outcome?': TEXT,
    'retryOf?': TEXT,
  }),
  Finding: objectOf({
    kind: oneOf('failure', 'circuit', 'limit', 'slow', 'retry', 'queue', 'miss', 'fallback', 'own-time', 'client'),
    'part?': TEXT,
    text: TEXT,
    'ms?': NUMBER,
    'option?': objectOf({ name: TEXT, 'file?': TEXT, 'line?': COUNT }),
  }),
  History: objectOf({ generations: listOf(reference('Generation')) }),
  Generation: objectOf({
    generation: COUNT,
    at: DATE,
    state: oneOf('serving', 'replaced', 'refused'),
    'changes?': listOf(objectOf({ of: TEXT, 'option?': TEXT, 'before?': TEXT, 'after?': TEXT })),
    routes: listOf(objectOf({ route: TEXT, ...NUMBERS, 'before?': objectOf(NUMBERS) })),
    mistakes: TEXTS,
  }),
  PurgeRequest: objectOf({
    'tags?': TEXTS,
    'urls?': { ...TEXTS, description: '`/page` on every host, `https://shop.example/page` on that one.' },
    'prefixes?': TEXTS,
    'all?': { type: 'boolean' },
    'soft?': { type: 'boolean', description: 'The responses become stale instead of being removed.' },
  }),
  Purged: objectOf({
    purged: objectOf({ 'tags?': TEXTS, 'urls?': TEXTS, 'prefixes?': TEXTS, 'all?': { type: 'boolean' } }),
    kind: oneOf('hard', 'soft'),
    entries: { ...COUNT, description: 'The stored responses in the memory of all processes.' },
    workers: COUNT,
  }),
  ExplainQuery: objectOf({
    method: TEXT,
    path: TEXT,
    'headers?': { type: 'object', additionalProperties: { anyOf: [TEXT, TEXTS] } },
    'user?': TEXT,
    'claims?': { type: 'object' },
  }),
  Explanations: ofWorkers({
    explanation: {
      type: 'object',
      required: ['method', 'url', 'outcome'],
      properties: {
        method: TEXT,
        url: TEXT,
        outcome: {
          type: 'object',
          required: ['kind'],
          properties: { kind: oneOf('route', 'own-response', 'refused') },
        },
      },
    },
  }),
  Reloaded: objectOf({ generation: COUNT, routes: COUNT, workers: COUNT }),
};
