import { HeaderList } from './header-list.ts';

/** RFC 9110 §7.6.1: fields that concern one connection and are never forwarded, in either direction. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/** What `Connection` may not take away: a client could otherwise remove what the gateway or a backend relies on. */
const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'forwarded',
  'x-request-id',
  'traceparent',
  'tracestate',
]);

function isProtected(name: string): boolean {
  return PROTECTED.has(name) || name.startsWith('x-forwarded-');
}

/**
 * The fields that may travel on: without the hop-by-hop ones and without those that `Connection` names.
 * @param added fields behind them: name, value, name, value, ...
 */
export function endToEnd(
  flat: readonly string[],
  alsoDropped: (lowerName: string) => boolean,
  added: readonly string[] = [],
): HeaderList {
  const named = namedByConnection(flat);
  const kept: string[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || named?.has(lower) || alsoDropped(lower)) continue;
    kept.push(name, flat[i + 1] ?? '');
  }
  for (const text of added) kept.push(text);
  return new HeaderList(kept);
}

function namedByConnection(flat: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    for (const token of (flat[i + 1] ?? '').split(',')) {
      const lower = token.trim().toLowerCase();
      if (lower === 'keep-alive' || lower === 'close' || lower === '' || isProtected(lower)) continue;
      named ??= new Set();
      named.add(lower);
    }
  }
  return named;
}
