import { byId, element } from '../element.js';
import { replaceKeepingFocus } from '../focus.js';
import { nameOf, onUser, signInAddress, user } from '../user.js';

/** In the header: the sign-in, or the name and the sign-out. */
export function startAccount() {
  onUser(show);
  // The sign-in leads back to the product that is open.
  addEventListener('hashchange', () => user() === undefined && show(undefined));
}

function show(someone) {
  replaceKeepingFocus(byId('account'), ...(someone === undefined ? [signIn()] : [name(someone), signOut()]));
}

const signIn = () => element('a', { href: signInAddress(), 'data-testid': 'sign-in' }, 'Sign in');

const name = someone =>
  element('a', { class: 'account-name', href: '/orders', 'data-testid': 'user-name' }, nameOf(someone));

// A form, because a link of another site must not sign anybody out.
function signOut() {
  return element(
    'form',
    { method: 'post', action: '/auth/logout' },
    element('button', { class: 'quiet', 'data-testid': 'sign-out' }, 'Sign out'),
  );
}
