import { ask } from '../door/ask.js';
import { milliseconds, receipt } from '../door/badges.js';
import { byId, element } from '../element.js';
import { problem } from '../problem.js';
import { addToCart } from './cart.js';
import { livePrice } from './prices.js';
import { picture } from './products.js';

const ADDRESS = /^#product\/([^/]+)$/;

/** The address says which product is open, so that a link and the back button work. */
export function startProductPage() {
  const dialog = byId('product-page');
  dialog.addEventListener('close', leave);
  dialog.addEventListener('click', event => event.target === dialog && dialog.close());
  addEventListener('hashchange', follow);
  follow();
}

function follow() {
  const dialog = byId('product-page');
  const id = ADDRESS.exec(location.hash)?.[1];
  if (id === undefined) return dialog.close();
  dialog.replaceChildren(closeButton(), element('p', { class: 'nothing' }, 'Asking three backends'));
  if (!dialog.open) dialog.showModal();
  void open(decodeURIComponent(id));
}

function leave() {
  if (ADDRESS.test(location.hash)) history.replaceState(null, '', location.pathname);
}

async function open(id) {
  const dialog = byId('product-page');
  dialog.dataset.id = id;
  const shown = await content(id);
  // Somebody may have opened another product, or closed this one, in the meantime.
  if (dialog.dataset.id === id && dialog.open) dialog.replaceChildren(closeButton(), ...shown);
}

async function content(id) {
  try {
    const { data, call } = await ask('GET', `/api/product-page/${encodeURIComponent(id)}`);
    return page(data, call);
  } catch (refused) {
    return [problem(refused, () => open(id))];
  }
}

function page({ product, inStock, seller }, call) {
  const part = (name, ...children) => {
    const timing = call.parts.find(known => known.name === name);
    return element(
      'section',
      { class: `part part-${name}`, 'data-part': name, 'data-note': timing?.note },
      ...children,
      origin(name, timing),
    );
  };
  const add = () => void addToCart(product.id);
  return [
    element('div', { class: 'page-picture' }, picture(product)),
    element(
      'div',
      { class: 'page-text' },
      part(
        'product',
        element('h2', {}, product.name),
        element('p', { class: 'page-price' }, livePrice(product)),
        element('p', { class: 'page-description' }, product.description),
        element(
          'button',
          { type: 'button', class: 'primary', 'data-testid': 'page-add', onclick: add },
          'Put in the cart',
        ),
      ),
      element(
        'div',
        { class: 'page-parts' },
        part('stock', ...stockWords(inStock)),
        part('seller', ...sellerWords(seller)),
      ),
      element(
        'footer',
        { class: 'page-foot' },
        receipt(call),
        element('button', { type: 'button', class: 'quiet', onclick: () => void open(product.id) }, 'Ask again'),
      ),
    ),
  ];
}

function stockWords(inStock) {
  if (inStock === null) return [element('b', {}, 'Stock unknown'), element('span', {}, 'Nobody knows right now')];
  if (inStock === 0) return [element('b', {}, 'Sold out'), element('span', {}, 'More are being made')];
  return [
    element('b', {}, `${inStock} in stock`),
    element('span', {}, inStock < 6 ? 'The last ones' : 'Leaves the house today'),
  ];
}

function sellerWords({ name, city, rating }) {
  const place = [city, rating && `${rating} of 5`].filter(Boolean).join(', ');
  return [element('b', {}, name), element('span', {}, place || 'Details will be back')];
}

function origin(name, timing) {
  const words = timing ? `${name} · ${milliseconds(timing.ms)} · ${timing.note}` : name;
  return element('small', { class: 'origin', 'data-note': timing?.note }, words);
}

function closeButton() {
  const close = () => byId('product-page').close();
  return element(
    'button',
    { type: 'button', class: 'page-close', 'aria-label': 'Close', 'data-testid': 'product-page-close', onclick: close },
    '×',
  );
}
