import { byId, element } from '../element.js';
import { replaceKeepingFocus } from '../focus.js';
import { receipt } from '../gateway/badges.js';
import { callGateway } from '../gateway/call.js';
import { money } from '../money.js';
import { problem } from '../problem.js';
import { loadUser, onUser, signInAddress, user } from '../user.js';
import { visitor } from '../visitor.js';

const RECEIPTS = 3;
const SECOND_LOOK_MS = 400;

/** The cart of this browser, before somebody signs in. */
const VISITORS = {
  load: () => callGateway('GET /api/cart/[id]', { params: { id: visitor } }),
  add: productId => callGateway('POST /api/cart/[id]/items', { params: { id: visitor }, body: { productId, qty: 1 } }),
  remove: productId => callGateway('DELETE /api/cart/[id]/items/[productId]', { params: { id: visitor, productId } }),
};

/** The cart of the user, whom the gateway names to the backend by an access token. */
const USERS = {
  load: () => callGateway('GET /api/my/cart'),
  add: productId => callGateway('POST /api/my/cart/items', { body: { productId, qty: 1 } }),
  remove: productId => callGateway('DELETE /api/my/cart/items/[productId]', { params: { productId } }),
};

const cartNow = () => (user() === undefined ? VISITORS : USERS);

export function startCart() {
  onUser(async someone => {
    if (someone !== undefined) await moveVisitorsCart();
    await loadCart();
  });
}

/** What was put into the cart before the sign-in becomes the user's. */
async function moveVisitorsCart() {
  try {
    const { data } = await VISITORS.load();
    if (data.count > 0) await callGateway('POST /api/my/cart/moves', { body: { from: visitor } });
  } catch (failure) {
    await fail(failure, moveVisitorsCart);
  }
}

export async function loadCart() {
  try {
    const { data, call } = await cartNow().load();
    show(data);
    note(call);
  } catch (failure) {
    await fail(failure, loadCart);
  }
}

export const addToCart = productId => write(() => cartNow().add(productId));

const removeFromCart = productId => write(() => cartNow().remove(productId));

async function placeOrder() {
  try {
    const { data, call } = await callGateway('POST /api/my/orders');
    note(call);
    await loadCart();
    byId('cart-body').append(placed(data));
  } catch (failure) {
    await fail(failure, placeOrder);
  }
}

/** A write makes the stored cart stale: the first read after it is a miss, the second a hit. */
async function write(send) {
  try {
    const { call } = await send();
    note(call);
    await loadCart();
    setTimeout(() => void loadCart(), SECOND_LOOK_MS);
  } catch (failure) {
    await fail(failure, () => write(send));
  }
}

function show(cart) {
  byId('cart-count').textContent = String(cart.count);
  byId('cart').dataset.count = String(cart.count);
  replaceKeepingFocus(byId('cart-body'), ...(cart.lines.length > 0 ? filled(cart) : [empty()]));
}

function filled({ lines, total }) {
  return [
    element('ul', { class: 'lines', tabindex: '0', 'aria-label': 'Products in the cart' }, lines.map(line)),
    element(
      'p',
      { class: 'total' },
      element('span', {}, 'Total'),
      element('b', { 'data-testid': 'cart-total' }, money(total)),
    ),
    element('p', { class: 'order' }, user() === undefined ? signInToOrder() : orderButton()),
  ];
}

const signInToOrder = () => element('a', { class: 'primary', href: signInAddress() }, 'Sign in to order');

const orderButton = () =>
  element(
    'button',
    { type: 'button', class: 'primary', 'data-testid': 'order', onclick: () => void placeOrder() },
    'Order',
  );

function placed({ id, total }) {
  const text = `Order ${id} over ${money(total)} is placed. `;
  return element(
    'p',
    { class: 'nothing', 'data-testid': 'order-placed' },
    text,
    element('a', { href: '/orders' }, 'Your orders'),
  );
}

function line({ productId, name, qty, sum }) {
  return element(
    'li',
    { class: 'line', 'data-testid': 'cart-line', 'data-id': productId },
    element('a', { class: 'line-name', href: `#product/${encodeURIComponent(productId)}` }, name),
    element('span', { class: 'line-qty' }, `× ${qty}`),
    element('span', { class: 'line-sum' }, money(sum)),
    element(
      'button',
      { type: 'button', class: 'step', 'aria-label': `One more ${name}`, onclick: () => void addToCart(productId) },
      '+',
    ),
    element(
      'button',
      {
        type: 'button',
        class: 'step',
        'aria-label': `Take ${name} out`,
        onclick: () => void removeFromCart(productId),
      },
      '×',
    ),
  );
}

function empty() {
  return element(
    'p',
    { class: 'nothing' },
    'Empty so far. The gateway stores a cart for ten minutes, or until you change it.',
  );
}

async function fail(failure, again) {
  if (failure.call) note(failure.call);
  // The session has ended: the page shows that first, and then why this did not succeed.
  if (failure.call?.status === 401) await loadUser();
  byId('cart-body').querySelector('.problem')?.remove();
  byId('cart-body').append(problem(failure, again));
}

function note(call) {
  const receipts = byId('cart-receipts');
  receipts.append(receipt(call));
  while (receipts.children.length > RECEIPTS) receipts.firstElementChild?.remove();
}
