import { byId, element } from '../element.js';
import { loadCart } from '../store/cart.js';
import { onUser } from '../user.js';
import { callGateway, onCall } from './call.js';
import { fact } from './session.js';

const PRODUCT = 'bud-vase';
const MAX_SENT = 40;

/** The limit, as the fields of the last response that has them tell it. */
export function startRateLimit() {
  onCall(call => call.rateLimit !== undefined && show(call));
  onUser(user => {
    byId('rate-burst').disabled = user === undefined;
    byId('rate-facts').replaceChildren(...fact('RateLimit', user ? 'as of the next change' : 'for users only'));
    byId('rate-result').replaceChildren();
  });
  byId('rate-burst').addEventListener('click', () => void addUntilRefused());
}

function show({ rateLimit, ratePolicy, retryAfter }) {
  const [, left = '?', seconds = '?'] = /r=(\d+);t=(\d+)/.exec(rateLimit) ?? [];
  const fields = { RateLimit: rateLimit, 'RateLimit-Policy': ratePolicy, 'Retry-After': retryAfter };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  byId('rate-facts').replaceChildren(
    ...fact('Left', `${left} at once, all again in ${seconds} s`),
    ...present.flatMap(([name, value]) => fact(name, element('code', {}, value))),
  );
}

async function addUntilRefused() {
  const button = byId('rate-burst');
  const result = byId('rate-result');
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  result.replaceChildren('Adding vases …');
  const { accepted, failure } = await add();
  button.removeAttribute('aria-disabled');
  await loadCart();
  result.replaceChildren(`${accepted} accepted`, ...(failure ? refusal(failure) : []));
}

function refusal({ message, call }) {
  const wait = call?.retryAfter === undefined ? '' : ` Again in ${call.retryAfter} s.`;
  return [', then ', element('b', { 'data-bad': true }, `${call?.status ?? ''} ${message}`), wait];
}

async function add() {
  for (let accepted = 0; accepted < MAX_SENT; accepted++) {
    try {
      await callGateway('POST /api/my/cart/items', { body: { productId: PRODUCT, qty: 1 } });
    } catch (failure) {
      return { accepted, failure };
    }
  }
  return { accepted: MAX_SENT, failure: undefined };
}
