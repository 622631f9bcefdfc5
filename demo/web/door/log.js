import { byId, element } from '../element.js';
import { onCall } from './ask.js';
import { cacheBadge, milliseconds, troubleBadges } from './badges.js';

const ROWS = 60;
const tally = { calls: 0, remembered: 0, covered: 0 };

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
  const bad = call.status === 0 || call.status === 'closed' || call.status >= 400;
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
    },
    element(
      'div',
      { class: 'call-line' },
      element('span', { class: 'method', 'data-method': call.method }, call.method),
      element('span', { class: 'path', title: call.path }, decodeURI(call.path)),
      cacheBadge(call),
      element('span', { class: 'status', 'data-bad': bad }, call.status === 0 ? 'no answer' : String(call.status)),
      element('span', { class: 'ms', title: atTheDoor(call) }, milliseconds(call.ms)),
    ),
    trouble(call),
    bars(call),
  );
}

function atTheDoor({ total }) {
  return total === undefined ? 'as the browser saw it' : `as the browser saw it; ${milliseconds(total)} at the door`;
}

function trouble(call) {
  const badges = troubleBadges(call);
  return badges.length > 0 && element('div', { class: 'call-badges' }, badges);
}

/** One bar for each backend of a composed answer, on the scale of the whole. */
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
  if (call.cache === 'hit' || call.cache === 'stale') tally.remembered += 1;
  if (call.fallback || call.parts.some(({ note }) => /fallback|optional/.test(note))) tally.covered += 1;
  renderTally();
}

function renderTally() {
  const figure = (value, words) => element('span', {}, element('b', {}, String(value)), ` ${words}`);
  byId('tally').replaceChildren(
    figure(tally.calls, 'calls'),
    figure(tally.remembered, 'from memory'),
    figure(tally.covered, 'covered for'),
  );
}

function renderLast(call) {
  const last = byId('last-call');
  last.hidden = false;
  last.replaceChildren(
    element('span', { class: 'method' }, call.method),
    element('span', { class: 'path' }, decodeURI(call.path)),
    cacheBadge(call) ?? '',
    element('span', { class: 'ms' }, milliseconds(call.ms)),
  );
}
