import { byId, element } from '../element.js';
import { reportCall } from '../gateway/call.js';
import { money } from '../money.js';

const PATH = '/events/prices';
const AGAIN_MS = 3_000;
const FLASH_MS = 1_400;

const today = new Map();
let updates = 0;

/** A price that is updated wherever it is on the page. */
export function livePrice({ id, price }) {
  return element(
    'span',
    { class: 'price', 'data-price-of': id, 'data-testid': 'product-price' },
    money(today.get(id) ?? price),
  );
}

export function startPrices() {
  const began = performance.now();
  const source = new EventSource(PATH);
  source.addEventListener('open', () => report('open', began));
  source.addEventListener('message', ({ data }) => change(JSON.parse(data)));
  source.addEventListener('error', () => {
    report('closed', began);
    // The browser reconnects by itself after a lost connection, but not after an error status.
    if (source.readyState === EventSource.CLOSED) setTimeout(startPrices, AGAIN_MS);
  });
}

function report(state, began) {
  const ticker = byId('ticker');
  if (ticker.dataset.state === state) return;
  ticker.dataset.state = state;
  if (state === 'closed') showTicker('Prices are not available');
  reportCall({ method: 'SSE', path: PATH, status: state, ms: performance.now() - began, cache: 'none', parts: [] });
}

function change({ id, price }) {
  // The first event for a product is its price, not a change.
  const before = today.get(id) ?? price;
  const direction = price === before ? undefined : price > before ? 'up' : 'down';
  today.set(id, price);
  updates += 1;
  byId('ticker').dataset.updates = String(updates);
  for (const shown of document.querySelectorAll(`[data-price-of="${CSS.escape(id)}"]`)) flash(shown, price, direction);
  const name = document.querySelector(`.card[data-id="${CSS.escape(id)}"] .card-name`)?.textContent ?? id;
  showTicker(`${name} now ${money(price)}`);
}

function flash(shown, price, direction) {
  shown.textContent = money(price);
  if (!direction) return;
  const lit = shown.closest('.card') ?? shown;
  lit.dataset.flash = direction;
  clearTimeout(Number(lit.dataset.flashTimer));
  lit.dataset.flashTimer = String(setTimeout(() => delete lit.dataset.flash, FLASH_MS));
}

function showTicker(text) {
  byId('ticker').querySelector('.ticker-text').textContent = text;
}
