import type { JsonObject } from '../config/json-object.ts';
import { porticoVersion } from '../core/version.ts';
import { reference, SCHEMAS } from './openapi-schemas.ts';

const PROBLEM = { 'application/problem+json': { schema: reference('Problem') } };

/** Responses that any read or command can have. */
const REFUSALS = {
  '401': refusal('No token, or not that of the gateway', { 'WWW-Authenticate': { schema: { type: 'string' } } }),
  '403': refusal('The request is one of another origin'),
  '421': refusal('The request names another host'),
};

function refusal(description: string, headers?: JsonObject): JsonObject {
  return { description, ...(headers !== undefined && { headers }), content: PROBLEM };
}

function jsonOf(schema: string, description: string): JsonObject {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

interface Reading {
  readonly id: string;
  readonly summary: string;
  readonly ok: JsonObject;
  readonly parameters?: readonly JsonObject[];
  /** Responses besides 200 and the refusals, by status. */
  readonly others?: JsonObject;
  /** A probe needs no token. */
  readonly isOpen?: true;
}

function reading({ id, summary, ok, parameters, others, isOpen }: Reading): JsonObject {
  return {
    operationId: id,
    summary,
    ...(isOpen && { security: [] }),
    ...(parameters && { parameters }),
    responses: { '200': ok, ...others, ...REFUSALS },
  };
}

interface Commanding {
  readonly id: string;
  readonly summary: string;
  readonly body: JsonObject;
  readonly ok: JsonObject;
  readonly others?: JsonObject;
}

function commanding({ id, summary, body, ok, others }: Commanding): JsonObject {
  return {
    operationId: id,
    summary,
    requestBody: { required: true, content: { 'application/json': { schema: body } } },
    responses: {
      '200': ok,
      '400': refusal('The command does not fit'),
      ...others,
      '413': refusal('The command is larger than 64 KB'),
      '415': refusal('The command is not JSON'),
      '503': refusal('The gateway has not started yet, or no worker responded in time'),
      ...REFUSALS,
    },
  };
}

function parameter(name: string, description: string, schema: JsonObject = { type: 'string' }): JsonObject {
  return { name, in: 'query', description, schema, ...(schema.type !== 'string' && { allowEmptyValue: true }) };
}

const NOT_STARTED = { '503': refusal('The gateway has not started yet, or no worker responded in time') };
const FLAG = {};

/** The admin port as OpenAPI 3.1; every path of `ADMIN_PATHS` is in it. */
export const ADMIN_DOCUMENT = {
  openapi: '3.1.1',
  info: {
    title: 'Portico: admin port',
    version: porticoVersion(),
    description: 'Operation of one gateway. Numbers are those of all its processes.',
  },
  servers: [{ url: '/' }],
  security: [{ token: [] }, {}],
  paths: {
    '/': {
      get: reading({
        id: 'getIndex',
        summary: 'The routes, or the page for operators',
        ok: {
          description: 'The page where `Accept` prefers `text/html`, which needs no token, else the index',
          content: {
            'application/json': { schema: reference('Index') },
            'text/html': { schema: { type: 'string' } },
          },
        },
      }),
    },
    '/livez': {
      get: reading({
        id: 'getLive',
        summary: 'Whether the process runs',
        isOpen: true,
        ok: { description: 'It runs', content: { 'text/plain': { schema: { const: 'ok\n' } } } },
      }),
    },
    '/readyz': {
      get: reading({
        id: 'getReady',
        summary: 'Whether the gateway serves',
        isOpen: true,
        parameters: [parameter('verbose', 'With processes and open circuits; ignored without a required token', FLAG)],
        ok: jsonOf('Readiness', 'It serves'),
        others: { '503': jsonOf('Readiness', 'It starts, or stops') },
      }),
    },
    '/metrics': {
      get: reading({
        id: 'getMetrics',
        summary: 'Metrics for Prometheus',
        ok: {
          description: 'In its own format, or OpenMetrics where `Accept` prefers that',
          content: {
            'text/plain': { schema: { type: 'string' } },
            'application/openmetrics-text': { schema: { type: 'string' } },
          },
        },
      }),
    },
    '/stats': {
      get: reading({
        id: 'getStats',
        summary: 'Counters of the routes with requests, for rates and percentiles from two responses',
        ok: jsonOf('Stats', 'Since the start of the gateway'),
      }),
    },
    '/services': {
      get: reading({
        id: 'getServices',
        summary: 'Services of each process, with targets and limits',
        ok: jsonOf('Services', 'At this moment'),
        others: NOT_STARTED,
      }),
    },
    '/cache': {
      get: reading({
        id: 'getCache',
        summary: 'What is stored in the memory of each process, by tag; visits every entry',
        ok: jsonOf('Stored', 'At this moment'),
        others: NOT_STARTED,
      }),
    },
    '/breakers': {
      get: reading({
        id: 'getBreakers',
        summary: 'Circuits of each process',
        ok: jsonOf('Breakers', 'At this moment'),
        others: NOT_STARTED,
      }),
      post: commanding({
        id: 'commandBreaker',
        summary: 'Forces a circuit open in all processes, or closes it',
        body: reference('BreakerCommand'),
        ok: jsonOf('BreakerCommanded', 'All processes have done so'),
        others: { '404': refusal('There is no such circuit') },
      }),
    },
    '/sessions': {
      get: reading({
        id: 'getSessions',
        summary: 'Who is signed in',
        parameters: [parameter('user', 'Only sessions of this subject')],
        ok: jsonOf('Sessions', 'At most 1,000, the newest first'),
        others: {
          '400': refusal('The query does not fit'),
          '404': refusal('The gateway has no sign-in'),
          ...NOT_STARTED,
        },
      }),
      post: commanding({
        id: 'endSessions',
        summary: 'Ends sessions',
        body: reference('SessionCommand'),
        ok: jsonOf('SessionsEnded', 'All processes know it'),
        others: { '404': refusal('There is no such session'), '409': refusal('The store of sessions cannot do it') },
      }),
    },
    '/requests': {
      get: reading({
        id: 'getRequests',
        summary: 'The latest requests, with the reasons why they were slow, missed or failed',
        parameters: [
          parameter('id', 'The request with this id, or with this trace id'),
          parameter('slow', 'Those that took longer than usual', FLAG),
          parameter('miss', 'Those that a cache could not answer', FLAG),
          parameter('failed', 'Those that failed, or lack something in their response', FLAG),
        ],
        ok: jsonOf('Requests', 'The latest first'),
        others: {
          '400': refusal('A parameter is unknown'),
          '404': refusal('No request with this id is among the latest'),
        },
      }),
    },
    '/history': {
      get: reading({
        id: 'getHistory',
        summary: 'What each load of the routes changed, and how it did',
        ok: jsonOf('History', 'The latest first'),
      }),
    },
    '/purge': {
      post: commanding({
        id: 'purge',
        summary: 'Purges stored responses in all processes',
        body: reference('PurgeRequest'),
        ok: jsonOf('Purged', 'They are purged'),
      }),
    },
    '/explain': {
      post: commanding({
        id: 'explain',
        summary: 'What would happen to a request; no backend is called',
        body: reference('ExplainQuery'),
        ok: jsonOf('Explanations', 'The explanation of each process'),
      }),
    },
    '/reload': {
      post: commanding({
        id: 'reload',
        summary: 'Loads the routes anew',
        body: { type: 'object', additionalProperties: false },
        ok: jsonOf('Reloaded', 'The new generation serves'),
        others: { '409': refusal('The new workers do not serve, or this gateway has no workers') },
      }),
    },
    '/api-docs': {
      get: reading({
        id: 'getApiDocs',
        summary: 'The page of the routes',
        ok: { description: 'HTML', content: { 'text/html': { schema: { type: 'string' } } } },
      }),
    },
    '/openapi.json': {
      get: reading({
        id: 'getOpenApi',
        summary: 'The routes as OpenAPI',
        ok: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
        others: NOT_STARTED,
      }),
    },
    '/admin/openapi.json': {
      get: reading({
        id: 'getAdminOpenApi',
        summary: 'This document',
        ok: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: { type: 'object' } } } },
      }),
    },
  },
  components: {
    schemas: SCHEMAS,
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description: 'That of PORTICO_ADMIN_TOKEN or --admin-token-file; without one, programs of this host need none.',
      },
    },
  },
} as const;
