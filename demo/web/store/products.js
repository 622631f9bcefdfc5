import { byId, element } from '../element.js';
import { receipt } from '../gateway/badges.js';
import { callGateway } from '../gateway/call.js';
import { problem } from '../problem.js';
import { addToCart } from './cart.js';
import { livePrice } from './prices.js';

const known = new Map();

/** A product from the list; undefined until the list is loaded. */
export const productOf = id => known.get(id);

export async function loadProducts() {
  const body = byId('goods-body');
  try {
    const { data, call } = await callGateway('GET /api/products');
    for (const product of data.items) known.set(product.id, product);
    body.replaceChildren(...data.items.map(card));
    byId('goods-receipt').replaceChildren(receipt(call));
  } catch (failure) {
    byId('goods-receipt').replaceChildren(receipt(failure.call), failure.message);
    // Products that were shown stay on the shelf.
    if (known.size === 0) body.replaceChildren(problem(failure, loadProducts));
  }
}

export function startProducts() {
  byId('goods-body').replaceChildren(
    ...Array.from({ length: 8 }, () => element('div', { class: 'card card-waiting' })),
  );
  byId('goods-again').addEventListener('click', () => void loadProducts());
  return loadProducts();
}

function card(product) {
  return element(
    'article',
    { class: 'card', 'data-testid': 'product-card', 'data-id': product.id },
    element(
      'a',
      { class: 'card-picture', href: `#product/${product.id}`, tabindex: '-1', 'aria-hidden': 'true' },
      picture(product),
    ),
    element('h3', { class: 'card-name' }, element('a', { href: `#product/${product.id}` }, product.name)),
    element('p', { class: 'card-text' }, product.description),
    element('p', { class: 'card-price' }, livePrice(product)),
    element(
      'button',
      {
        type: 'button',
        class: 'add',
        'data-testid': 'add-to-cart',
        'aria-label': `Add ${product.name} to the cart`,
        onclick: () => void addToCart(product.id),
      },
      'Add',
    ),
  );
}

export function picture({ image, id }) {
  const src = image ?? `/assets/products/${encodeURIComponent(id)}.svg`;
  // A missing picture leaves its tinted frame instead of the browser's broken-image icon.
  const hide = event => event.currentTarget.classList.add('missing');
  return element('img', { src, alt: '', width: '400', height: '400', loading: 'lazy', onerror: hide });
}
