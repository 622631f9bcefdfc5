import { ask } from '../door/ask.js';
import { receipt } from '../door/badges.js';
import { byId, element } from '../element.js';
import { money } from '../money.js';
import { problem } from '../problem.js';
import { visitor } from '../visitor.js';

const PATH = `/api/cart/${encodeURIComponent(visitor)}`;
const RECEIPTS = 3;
const SECOND_LOOK_MS = 400;

export async function loadCart() {
  try {
    const { data, call } = await ask('GET', PATH);
    show(data);
    note(call);
  } catch (refused) {
    fail(refused, loadCart);
  }
}

export const addToCart = productId => write('POST', `${PATH}/items`, { productId, qty: 1 });

const removeFromCart = productId => write('DELETE', `${PATH}/items/${encodeURIComponent(productId)}`);

/** A write makes the stored cart stale: the first look after it is a miss, the second a hit. */
async function write(method, path, body) {
  try {
    const { call } = await ask(method, path, body);
    note(call);
    await loadCart();
    setTimeout(() => void loadCart(), SECOND_LOOK_MS);
  } catch (refused) {
    fail(refused, () => write(method, path, body));
  }
}

function show(cart) {
  byId('cart-count').textContent = String(cart.count);
  byId('cart').dataset.count = String(cart.count);
  byId('cart-body').replaceChildren(...(cart.lines.length > 0 ? filled(cart) : [empty()]));
}

function filled({ lines, total }) {
  return [
    element('ul', { class: 'lines' }, lines.map(line)),
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
    'Empty so far. A cart is kept ten minutes at the door, until you write to it.',
  );
}

function fail(refused, again) {
  if (refused.call) note(refused.call);
  byId('cart-body').querySelector('.problem')?.remove();
  byId('cart-body').append(problem(refused, again));
}

function note(call) {
  const receipts = byId('cart-receipts');
  receipts.append(receipt(call));
  while (receipts.children.length > RECEIPTS) receipts.firstElementChild?.remove();
}
