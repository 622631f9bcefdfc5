import { byId, element } from '../element.js';
import { cacheBadge, isBad, milliseconds, statusText, troubleBadges } from './badges.js';
import { onCall, outcomeOf } from './call.js';

const ROWS = 60;
const tally = { calls: 0, fromCache: 0, fallbacks: 0 };

export function startLog() {
  renderTally();
  onCall(call => {
    const log = byId('log');
    log.prepend(row(call));
    while (log.children.length > ROWS) log.lastElementChild?.remove();
    count(call);
    renderLast(call);
  });
}

function row(call) {
  return element(
    'li',
    {
      class: 'call',
      'data-testid': 'call',
      'data-method': call.method,
      'data-path': call.path,
      'data-status': String(call.status),
      'data-cache': call.cache,
      'data-breaker': call.breaker,
      'data-fallback': call.fallback,
      'data-hedge': call.hedge,
    },
    element(
      'div',
      { class: 'call-line' },
      element('span', { class: 'method', 'data-method': call.method }, call.method),
      element('span', { class: 'path', title: call.path }, decodeURI(call.path)),
      cacheBadge(call),
      element('span', { class: 'status', 'data-bad': isBad(call) }, statusText(call)),
      element('span', { class: 'ms', title: durations(call) }, milliseconds(call.ms)),
    ),
    trouble(call),
    bars(call),
  );
}

function durations({ total }) {
  return total === undefined ? 'as the browser saw it' : `as the browser saw it; ${milliseconds(total)} in the gateway`;
}

function trouble(call) {
  const badges = troubleBadges(call);
  return badges.length > 0 && element('div', { class: 'call-badges' }, badges);
}

/** One bar for each part of an aggregate, on the scale of the whole duration. */
function bars({ parts, total, ms }) {
  if (parts.length === 0) return undefined;
  const whole = Math.max(total ?? ms, ...parts.map(part => part.ms ?? 0), 0.1);
  return element(
    'ul',
    { class: 'bars' },
    parts.map(part => bar(part, whole)),
  );
}

function bar({ name, ms, note }, whole) {
  const fill = element('i', { class: 'bar-fill', 'data-note': note });
  fill.style.inlineSize = `${Math.max(2, (100 * (ms ?? 0)) / whole)}%`;
  return element(
    'li',
    { class: 'bar', 'data-bar': name },
    element('span', { class: 'bar-name' }, name),
    element('span', { class: 'bar-track' }, fill),
    element('span', { class: 'bar-note', title: note }, `${milliseconds(ms)} ${note}`),
  );
}

function count(call) {
  tally.calls += 1;
  if (call.cache === 'hit' || call.cache === 'stale') tally.fromCache += 1;
  if (outcomeOf(call) === 'fallback') tally.fallbacks += 1;
  renderTally();
}

function renderTally() {
  const figure = (value, words) => element('span', {}, element('b', {}, String(value)), ` ${words}`);
  byId('tally').replaceChildren(
    figure(tally.calls, tally.calls === 1 ? 'call' : 'calls'),
    figure(tally.fromCache, 'from memory'),
    figure(tally.fallbacks, tally.fallbacks === 1 ? 'fallback' : 'fallbacks'),
  );
}

function renderLast(call) {
  const last = byId('last-call');
  last.hidden = false;
  last.dataset.outcome = outcomeOf(call);
  last.replaceChildren(
    element('span', { class: 'method' }, call.method),
    element('span', { class: 'path' }, decodeURI(call.path)),
    cacheBadge(call) ?? '',
    outcomeOf(call) === 'fallback' && call.cache !== 'stale' ? shortFallbackBadge() : '',
    element('span', { class: 'status', 'data-bad': isBad(call) }, statusText(call)),
    element('span', { class: 'ms' }, milliseconds(call.ms)),
  );
}

/** Without the reason, which a phone has no room for and the log below shows. */
function shortFallbackBadge() {
  return element('span', { class: 'badge', 'data-kind': 'fallback' }, 'fallback');
}
