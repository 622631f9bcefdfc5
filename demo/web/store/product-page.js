/**
 * @import { AppRoutes } from '../../../app-routes.d.ts'
 * @import { ResponseOf } from 'portico/client'
 */
import { byId, element } from '../element.js';
import { replaceKeepingFocus, twinOf } from '../focus.js';
import { milliseconds, receipt } from '../gateway/badges.js';
import { callGateway } from '../gateway/call.js';
import { problem } from '../problem.js';
import { addToCart } from './cart.js';
import { livePrice } from './prices.js';
import { picture, productOf } from './products.js';

const LOADING = 'Calling three backends';
const ADDRESS = /^#product\/([^/]+)$/;

/** The focused element when the dialog opened. */
let opener;

/** The URL names the open product, so that links and the back button work. */
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
  dialog.replaceChildren(closeButton(), body(element('p', { class: 'nothing' }, LOADING)));
  if (!dialog.open) {
    opener = document.activeElement;
    dialog.showModal();
  }
  dialog.querySelector('.page-close').focus();
  void open(decodeURIComponent(id));
}

function leave() {
  const id = ADDRESS.exec(location.hash)?.[1];
  if (id !== undefined) history.replaceState(null, '', location.pathname);
  // The cart or the shelves may have been rendered again since, and a page opened by its URL has no opener.
  const isLost = !opener || opener === document.body;
  const back = isLost
    ? document.querySelector(`.card-name a[href="#product/${CSS.escape(id ?? '')}"]`)
    : twinOf(opener);
  back?.focus({ preventScroll: true });
  opener = undefined;
}

async function open(id) {
  const dialog = byId('product-page');
  dialog.dataset.id = id;
  const shown = await content(id);
  // Meanwhile another product may have been opened, or this one closed.
  if (dialog.dataset.id === id && dialog.open) replaceKeepingFocus(dialog.querySelector('.page-body'), ...shown);
}

/** Separate from the close button, which keeps the focus while the rest is loaded. */
function body(...children) {
  return element('div', { class: 'page-body' }, ...children);
}

async function content(id) {
  try {
    const { data, call } = await callGateway('GET /api/product-page/[id]', { params: { id } });
    return page(data, call);
  } catch (failure) {
    return [problem(failure, () => open(id))];
  }
}

/** @param {ResponseOf<AppRoutes['GET /api/product-page/[id]']>} shown */
function page({ product, inStock, seller, goesWith }, call) {
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
        part('stock', ...stockText(inStock)),
        part('seller', ...sellerText(seller)),
        part('stockBeside', element('b', {}, 'Goes well with'), ...goesWith.map(besides)),
      ),
      element(
        'div',
        { class: 'page-foot' },
        receipt(call),
        element('button', { type: 'button', class: 'quiet', onclick: () => void open(product.id) }, 'Load again'),
      ),
    ),
  ];
}

function stockText(inStock) {
  if (inStock === null) return [element('b', {}, 'Stock unknown'), element('span', {}, 'Not known right now')];
  if (inStock === 0) return [element('b', {}, 'Sold out'), element('span', {}, 'More are being made')];
  return [
    element('b', {}, `${inStock} in stock`),
    element('span', {}, inStock < 6 ? 'The last ones' : 'Leaves the house today'),
  ];
}

function besides({ id, inStock }) {
  const { name } = productOf(id) ?? { name: id.replaceAll('-', ' ') };
  const note = inStock === null ? 'stock unknown' : inStock === 0 ? 'sold out' : `${inStock} in stock`;
  const show = () => location.assign(`#product/${encodeURIComponent(id)}`);
  return element('button', { type: 'button', class: 'quiet', onclick: show }, `${name}, ${note}`);
}

/** @param {{ name: string, city?: string, rating?: number }} seller */
function sellerText({ name, city, rating }) {
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
