import { byId, element } from '../element.js';
import { onCall } from './ask.js';

const CIRCUIT_WORDS = { closed: 'asking', 'half-open': 'trying one', open: 'not asking' };
/** What happens to one call of many is over before anybody has seen it: such a lamp stays lit for a while. */
const STAYS_MS = 2_000;

const RANKS = ['closed', 'half-open', 'open'];
const LIMIT_WORDS = { queued: 'one waited', refused: 'one refused' };

/** Each lamp reads of a call what concerns it: `{ state, word, title }`, or undefined where the call says nothing of it. */
const LAMPS = [
  circuit('catalog', path => path === '/api/products'),
  circuit('cart', path => /^\/api\/cart\/[^/]+$/.test(path)),
  circuit('recommendations', path => path.startsWith('/api/recommendations/')),
  { name: 'machines', read: machines },
  { name: 'limit', read: limit },
  { name: 'retry', read: retry },
];

export function startLamps() {
  const lamps = LAMPS.map(({ name, read }) => ({ read, made: lamp(name) }));
  byId('lamps').replaceChildren(...lamps.map(({ made }) => made));
  onCall(call => {
    for (const { read, made } of lamps) light(made, read(call));
  });
}

function circuit(name, tells) {
  return {
    name,
    read({ path, breaker }) {
      if (!breaker || !tells(path)) return undefined;
      return { state: breaker, word: CIRCUIT_WORDS[breaker] ?? breaker, title: `the circuit is ${breaker}` };
    },
  };
}

/** Of services that have several: the catalog has two. */
function machines({ machines: usable }) {
  if (!usable) return undefined;
  const [some, all] = usable.split(' of ');
  const state = some === all ? 'closed' : some === '0' ? 'open' : 'half-open';
  return { state, word: usable, title: `${usable} machines of the catalog are asked` };
}

function limit({ limit: held, sent }) {
  if (!held && !sent) return undefined;
  const state = held === 'refused' ? 'open' : held === 'queued' ? 'half-open' : 'closed';
  return { state, stays: true, word: LIMIT_WORDS[held] ?? 'room', title: 'whether calls have to wait for one another' };
}

function retry({ retry: why, hedge, sent }) {
  if (!sent) return undefined;
  if (why) return { state: 'half-open', stays: true, word: 'asked again', title: `another machine was asked: ${why}` };
  if (hedge) return { state: 'half-open', stays: true, word: 'asked two', title: 'the first machine took long' };
  return { state: 'closed', word: 'asked once', title: 'the first machine answered' };
}

function lamp(name) {
  const made = element(
    'li',
    { class: 'lamp', 'data-testid': `lamp-${name}` },
    element('i', { class: 'lamp-light', 'aria-hidden': 'true' }),
    element('span', { class: 'lamp-name' }, name),
    element('span', { class: 'lamp-word' }),
  );
  light(made, { state: 'closed', word: '', title: 'no call yet' });
  return made;
}

function light(made, told) {
  if (!told) return;
  const isHeld = performance.now() < Number(made.dataset.until);
  if (isHeld && RANKS.indexOf(told.state) < RANKS.indexOf(made.dataset.state)) return;
  if (told.stays && told.state !== 'closed') made.dataset.until = String(performance.now() + STAYS_MS);
  made.dataset.state = told.state;
  made.title = `${told.title}, as of the last call`;
  made.querySelector('.lamp-word').textContent = told.word;
}
