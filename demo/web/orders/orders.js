import { byId, element } from '../element.js';
import { money } from '../money.js';
import { startAccount } from '../store/account.js';
import { startUser } from '../user.js';

startAccount();
void startUser();
void load();

async function load() {
  const response = await fetch('/api/my/orders', { cache: 'no-store' }).catch(() => undefined);
  const orders = response?.ok ? (await response.json()).orders : undefined;
  byId('orders').replaceChildren(content(orders));
}

function content(orders) {
  const note = text => element('p', { class: 'nothing', 'data-testid': 'no-orders' }, text);
  if (orders === undefined) return note('Your orders cannot be shown right now.');
  return orders.length === 0 ? note('No order so far.') : element('ul', { class: 'lines' }, orders.map(line));
}

function line({ id, at, count, total }) {
  return element(
    'li',
    { class: 'order-line', 'data-testid': 'order-line' },
    element('b', {}, id),
    element('time', { datetime: at }, new Date(at).toLocaleString()),
    element('span', {}, count === 1 ? '1 product' : `${count} products`),
    element('span', { class: 'line-sum' }, money(total)),
  );
}
