import { element } from './element.js';
import { receipt } from './gateway/badges.js';

/** Stands in a panel in place of the data that a call did not bring. */
export function problem(failure, again) {
  return element(
    'div',
    { class: 'problem', role: 'alert', 'data-testid': 'problem' },
    element('p', { class: 'problem-title' }, failure.message),
    failure.call && element('p', { class: 'problem-call' }, receipt(failure.call)),
    again && element('button', { type: 'button', class: 'quiet', onclick: () => void again() }, 'Try again'),
  );
}
