import { receipt } from './door/badges.js';
import { element } from './element.js';

/** What a panel shows in place of what it could not get. */
export function problem(refused, again) {
  return element(
    'div',
    { class: 'problem', role: 'alert', 'data-testid': 'problem' },
    element('p', { class: 'problem-title' }, refused.message),
    refused.call && element('p', { class: 'problem-call' }, receipt(refused.call)),
    again && element('button', { type: 'button', class: 'quiet', onclick: () => void again() }, 'Try again'),
  );
}
