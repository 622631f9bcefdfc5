import { element } from '../element.js';

const CACHE_WORDS = {
  hit: 'answered from memory',
  miss: 'fetched from the backend',
  stale: 'an older answer, served while the backend could not',
};

/** What went wrong behind an answer that may look well. */
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
  const title = `the backend failed (${fallback}); the route's fallback answered`;
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

/** The short form that stands beside what a call brought. */
export function receipt(call) {
  const status = call.status === 0 ? 'no answer' : call.status;
  const plain = call.cache === 'none' || call.status >= 400 || call.status === 0;
  return element(
    'span',
    { class: 'receipt', title: `${call.method} ${call.path}` },
    element('span', { class: 'receipt-method' }, call.method),
    plain &&
      element('span', { class: 'receipt-status', 'data-bad': call.status === 0 || call.status >= 400 }, String(status)),
    cacheBadge(call),
    troubleBadges(call),
    element('span', { class: 'receipt-ms' }, milliseconds(call.ms)),
  );
}
