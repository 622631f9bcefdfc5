import { element } from './element.js';
import { receipt } from './gateway/badges.js';

/** Replaces the data of a failed call in a panel. */
export function problem(failure, again) {
  return element(
    'div',
    { class: 'problem', role: 'alert', 'data-testid': 'problem' },
    element('p', { class: 'problem-title' }, failure.message),
    failure.call && element('p', { class: 'problem-call' }, receipt(failure.call)),
    again && element('button', { type: 'button', class: 'quiet', onclick: () => void again() }, 'Try again'),
  );
}
