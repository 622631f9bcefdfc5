import { byId, element } from '../element.js';
import { onCall, outcomeOf } from './call.js';

/** A queued, rejected, retried or hedged call ends within moments, so its lamp stays lit long enough to be seen. */
const HOLD_MS = 2_000;

const RANKS = ['idle', 'closed', 'half-open', 'open'];
const IDLE = { state: 'idle', word: 'no call yet', title: 'no call yet' };
const TROUBLES = {
  failed: { state: 'open', word: 'failed', title: 'the last call failed' },
  fallback: { state: 'half-open', word: 'fallback', title: 'the last response was a fallback, or stale' },
};
const LIMITS = {
  queued: { state: 'half-open', word: 'queued', title: 'a call waited for another one', holds: true },
  refused: { state: 'open', word: 'rejected', title: 'a call was rejected: too many at once', holds: true },
};

/** Each lamp reads the calls that concern it: `{ state, word, title }`, or undefined for other calls. */
const LAMPS = [
  { name: 'catalog', concerns: path => path === '/api/products', read: circuit },
  { name: 'cart', concerns: path => /^\/api\/(?:my\/cart|cart\/[^/]+)$/.test(path), read: circuit },
  { name: 'recommendations', concerns: path => path.startsWith('/api/recommendations/'), read: circuit },
  { name: 'instances', concerns: path => /^\/api\/product(?:s$|-page\/)/.test(path), read: instances },
  { name: 'limit', concerns: () => true, read: limit },
  { name: 'retry', concerns: () => true, read: retry },
];

export function startLamps() {
  const lamps = LAMPS.map(startLamp);
  byId('lamps').replaceChildren(...lamps);
}

function startLamp({ name, concerns, read }) {
  const lamp = lampElement(name);
  const troubles = new Map();
  let latest = IDLE;
  onCall(call => {
    if (!concerns(call.path)) return;
    note(troubles, call);
    latest = read(call) ?? latest;
    light(lamp, worse(latest, troubles));
  });
  return lamp;
}

/** Failed calls are remembered by kind until one of the same kind succeeds. */
function note(troubles, call) {
  const kind = call.path.split('/', 3).join('/');
  const outcome = outcomeOf(call);
  if (outcome === 'ok') troubles.delete(kind);
  else troubles.set(kind, outcome);
}

/** No lamp shows "closed" or "available" while calls fail. */
function worse(latest, troubles) {
  if (troubles.size === 0 || rank(latest) > rank({ state: 'closed' })) return latest;
  const outcomes = [...troubles.values()];
  return outcomes.includes('failed') ? TROUBLES.failed : TROUBLES.fallback;
}

function circuit({ breaker }) {
  return breaker && { state: breaker, word: breaker, title: `the circuit is ${breaker}` };
}

/** For services with several instances: the catalog has two. */
function instances({ instances: shares }) {
  if (!shares) return undefined;
  const [some, all] = shares.split(' of ');
  const state = some === all ? 'closed' : some === '0' ? 'open' : 'half-open';
  return { state, word: `${shares} available`, title: `${shares} instances of the catalog receive calls` };
}

function limit({ limit: held, sent }) {
  if (!held && !sent) return undefined;
  return LIMITS[held] ?? { state: 'closed', word: 'available', title: 'the limits leave room for more calls' };
}

function retry({ retry: why, hedge, sent }) {
  if (!sent) return undefined;
  if (why) return { state: 'half-open', word: 'retried', title: `sent to another instance: ${why}`, holds: true };
  if (hedge) return { state: 'half-open', word: 'hedged', title: 'the first instance took long', holds: true };
  return { state: 'closed', word: 'not needed', title: 'the first attempt was enough' };
}

function lampElement(name) {
  const lamp = element(
    'li',
    { class: 'lamp', 'data-testid': `lamp-${name}` },
    element('i', { class: 'lamp-light', 'aria-hidden': 'true' }),
    element('span', { class: 'lamp-name' }, name),
    element('span', { class: 'lamp-word' }),
  );
  light(lamp, IDLE);
  return lamp;
}

function light(lamp, reading) {
  const isHeld = performance.now() < Number(lamp.dataset.until);
  if (isHeld && rank(reading) < rank(lamp.dataset)) return;
  if (reading.holds) lamp.dataset.until = String(performance.now() + HOLD_MS);
  lamp.dataset.state = reading.state;
  lamp.title = `${reading.title}, as of the last call`;
  lamp.querySelector('.lamp-word').textContent = reading.word;
}

const rank = ({ state }) => RANKS.indexOf(state);
