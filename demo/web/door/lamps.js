import { byId, element } from '../element.js';
import { onCall } from './ask.js';

/** Which route tells about which service's circuit. */
const LAMPS = [
  { service: 'catalog', tells: path => path === '/api/products' },
  { service: 'cart', tells: path => /^\/api\/cart\/[^/]+$/.test(path) },
  { service: 'recommendations', tells: path => path.startsWith('/api/recommendations/') },
];

const WORDS = { closed: 'asking', 'half-open': 'trying one', open: 'not asking' };

export function startLamps() {
  const lamps = LAMPS.map(({ service, tells }) => ({ tells, lamp: lamp(service) }));
  byId('lamps').replaceChildren(...lamps.map(({ lamp }) => lamp));
  onCall(call => {
    if (!call.breaker) return;
    for (const { tells, lamp } of lamps) if (tells(call.path)) light(lamp, call.breaker);
  });
}

function lamp(service) {
  const made = element(
    'li',
    { class: 'lamp', 'data-testid': `lamp-${service}` },
    element('i', { class: 'lamp-light', 'aria-hidden': 'true' }),
    element('span', { class: 'lamp-name' }, service),
    element('span', { class: 'lamp-word' }),
  );
  light(made, 'closed');
  return made;
}

function light(made, state) {
  made.dataset.state = state;
  made.title = `the circuit is ${state}, as of the last call`;
  made.querySelector('.lamp-word').textContent = WORDS[state] ?? state;
}
