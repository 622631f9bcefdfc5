import { type Reading, type ReadRequest, valuesOf } from './reference.ts';
import { MARKER } from './requests.ts';

/** Fields that the gateway sends to every backend. */
const ITS_OWN: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'forwarded',
  'via',
  'x-request-id',
  'x-request-timeout-ms',
  // A GET whose connection broke is repeated once.
  'x-request-attempt',
  'traceparent',
]);

const NEVER: ReadonlySet<string> = new Set([
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'proxy-connection',
  'proxy-authorization',
  'http2-settings',
  'tracestate',
]);

/** The mistakes in the requests of a backend, when the client sent the bytes behind `reading`. */
export function judge(seen: readonly ReadRequest[], reading: Reading): readonly string[] {
  const left = [...reading.requests];
  return seen.flatMap(request => {
    const at = left.findIndex(sent => isSame(sent, request));
    if (at < 0) return [`a request that nobody sent: ${JSON.stringify(request)}`];
    const [sent] = left.splice(at, 1);
    return sent === undefined ? [] : wrongFields(request, sent);
  });
}

/** Whether a request is one of those in `reading`. */
export function isAmong(seen: ReadRequest, reading: Reading): boolean {
  return reading.requests.some(sent => isSame(sent, seen));
}

function isSame(sent: ReadRequest, seen: ReadRequest): boolean {
  return sent.method === seen.method && originForm(sent.target) === seen.target && sent.body === seen.body;
}

function originForm(target: string): string {
  const [, rest] = /^https?:\/\/[^/?#]*(.*)$/i.exec(target) ?? [];
  if (rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function wrongFields(seen: ReadRequest, sent: ReadRequest): readonly string[] {
  const named = valuesOf(sent, 'connection').flatMap(value => value.toLowerCase().split(/[ \t]*,[ \t]*/));
  return seen.fields.flatMap(([name, value]) => {
    if (ITS_OWN.has(name)) return isOwn(name, value) ? [] : [`a forged field: ${name}: ${value}`];
    if (NEVER.has(name) || (named.includes(name) && !KEPT.has(name))) return [`a hop-by-hop field: ${name}: ${value}`];
    if (ASSERTED.test(name)) return [`a forged field: ${name}: ${value}`];
    return valuesOf(sent, name).includes(value) ? [] : [`a field that nobody sent: ${name}: ${value}`];
  });
}

const ASSERTED = /^x-(?:forwarded|user|internal)-|^x-real-ip$/;

// Fields that Connection may not remove.
const KEPT: ReadonlySet<string> = new Set(['content-type', 'authorization', 'cookie', 'cache-control']);

function isOwn(name: string, value: string): boolean {
  if (name === 'via') return /(?:^|, )1\.[01] portico-[\da-f]{8}$/.test(value);
  if (name === 'connection') return value === 'keep-alive' || value === 'close';
  if (name === 'transfer-encoding') return value === 'chunked';
  return !value.includes(MARKER);
}
