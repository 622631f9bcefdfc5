import { byId, element } from '../element.js';
import { nameOf, onUser, signInAddress } from '../user.js';

/** The session, as `/auth/me` tells it. */
export function startSession() {
  onUser(show);
}

function show(user) {
  const facts = user === undefined ? [fact('Session', 'none: ', signIn())] : factsOf(user);
  byId('session-facts').replaceChildren(...facts.flat());
  byId('who-name').textContent = user === undefined ? 'nobody yet' : nameOf(user);
}

function factsOf({ subject, claims, startedAt, endsAt, issuer }) {
  return [
    fact('User', nameOf({ subject, claims })),
    fact('Since', time(new Date(startedAt))),
    fact('Until', time(new Date(endsAt)), ', or eight hours after the last request'),
    fact('Provider', element('a', { href: issuer, 'data-testid': 'provider' }, 'your account there')),
  ];
}

export const fact = (name, ...value) => [element('dt', {}, name), element('dd', {}, ...value)];

const time = date =>
  element(
    'time',
    { datetime: date.toISOString() },
    date.toLocaleString([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }),
  );

const signIn = () => element('a', { href: signInAddress() }, 'sign in');
