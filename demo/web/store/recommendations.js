import { byId, element } from '../element.js';
import { receipt } from '../gateway/badges.js';
import { callGateway } from '../gateway/call.js';
import { problem } from '../problem.js';
import { visitor } from '../visitor.js';
import { livePrice } from './prices.js';
import { picture, productOf } from './products.js';

const BURST = 8;

export async function loadRecommendations() {
  const body = byId('picks-body');
  try {
    const { data, call } = await callGateway('GET /api/recommendations/[user]', { params: { user: visitor } });
    byId('picks-receipt').replaceChildren(receipt(call));
    body.replaceChildren(...(data.items.length > 0 ? data.items.map(pick) : [nothing()]));
  } catch (failure) {
    byId('picks-receipt').replaceChildren();
    body.replaceChildren(problem(failure, loadRecommendations));
  }
}

export function startRecommendations() {
  byId('picks-again').addEventListener('click', () => void loadRecommendations());
  byId('picks-burst').addEventListener('click', () => void burst());
  return loadRecommendations();
}

async function burst() {
  const button = byId('picks-burst');
  button.disabled = true;
  // All at once, which exceeds the limit of the service.
  await Promise.all(Array.from({ length: BURST }, loadRecommendations));
  button.disabled = false;
}

function pick(id) {
  const product = productOf(id) ?? { id, name: id.replaceAll('-', ' ') };
  return element(
    'a',
    { class: 'pick', href: `#product/${encodeURIComponent(id)}`, 'data-testid': 'recommendation' },
    picture(product),
    element('span', { class: 'pick-name' }, product.name),
    product.price !== undefined && livePrice(product),
  );
}

function nothing() {
  const text = 'No picks right now: this is the fallback of the route. The rest of the shop works as before.';
  return element('p', { class: 'nothing', 'data-testid': 'recommendations-empty' }, text);
}
