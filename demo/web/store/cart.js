import { byId, element } from '../element.js';
import { replaceKeepingFocus } from '../focus.js';
import { receipt } from '../gateway/badges.js';
import { callGateway } from '../gateway/call.js';
import { money } from '../money.js';
import { problem } from '../problem.js';
import { visitor } from '../visitor.js';

const RECEIPTS = 3;
const SECOND_LOOK_MS = 400;

export async function loadCart() {
  try {
    const { data, call } = await callGateway('GET /api/cart/[id]', { params: { id: visitor } });
    show(data);
    note(call);
  } catch (failure) {
    fail(failure, loadCart);
  }
}

export const addToCart = productId =>
  write(() => callGateway('POST /api/cart/[id]/items', { params: { id: visitor }, body: { productId, qty: 1 } }));

const removeFromCart = productId =>
  write(() => callGateway('DELETE /api/cart/[id]/items/[productId]', { params: { id: visitor, productId } }));

/** A write makes the stored cart stale: the first read after it is a miss, the second a hit. */
async function write(send) {
  try {
    const { call } = await send();
    note(call);
    await loadCart();
    setTimeout(() => void loadCart(), SECOND_LOOK_MS);
  } catch (failure) {
    fail(failure, () => write(send));
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
  ];
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

function fail(failure, again) {
  if (failure.call) note(failure.call);
  byId('cart-body').querySelector('.problem')?.remove();
  byId('cart-body').append(problem(failure, again));
}

function note(call) {
  const receipts = byId('cart-receipts');
  receipts.append(receipt(call));
  while (receipts.children.length > RECEIPTS) receipts.firstElementChild?.remove();
}
