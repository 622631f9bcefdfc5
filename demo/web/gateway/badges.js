import { element } from '../element.js';

const CACHE_WORDS = {
  hit: 'from memory',
  miss: 'fetched from the backend',
  stale: 'an older response, sent while the backend could not respond',
};

/** The failures behind a response that may look successful. */
export function troubleBadges(call) {
  return [fallbackBadge(call), breakerBadge(call)].filter(Boolean);
}

export function cacheBadge({ cache, cacheStatus }) {
  if (cache === 'none') return undefined;
  return element(
    'span',
    { class: 'badge', 'data-kind': cache, title: `${CACHE_WORDS[cache]} (${cacheStatus})` },
    cache,
  );
}

function fallbackBadge({ fallback }) {
  if (!fallback) return undefined;
  const title = `the backend failed (${fallback}); the response is the route's fallback`;
  return element('span', { class: 'badge', 'data-kind': 'fallback', title }, `fallback ${fallback}`);
}

function breakerBadge({ breaker }) {
  if (!breaker || breaker === 'closed') return undefined;
  return element(
    'span',
    { class: 'badge', 'data-kind': breaker, title: 'the state of the circuit' },
    `circuit ${breaker}`,
  );
}

export function milliseconds(ms) {
  if (ms === undefined) return '';
  if (ms >= 10_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

export const isBad = ({ status }) => status === 0 || status === 'closed' || status >= 400;

export const statusText = ({ status }) => (status === 0 ? 'no response' : String(status));

/** The short form beside the data of a call. */
export function receipt(call) {
  const status = statusText(call);
  const plain = call.cache === 'none' || isBad(call);
  return element(
    'span',
    { class: 'receipt', title: `${call.method} ${call.path}` },
    element('span', { class: 'receipt-method' }, call.method),
    plain && element('span', { class: 'receipt-status', 'data-bad': isBad(call) }, status),
    cacheBadge(call),
    troubleBadges(call),
    element('span', { class: 'receipt-ms' }, milliseconds(call.ms)),
  );
}
