import type { Backends } from '../backends.ts';

const orders = new Map([
  ['ann', [{ id: 1, item: 'teapot' }]],
  ['bob', [{ id: 2, item: 'lamp' }]],
]);

export default {
  orders: ({ path }) => orders.get(path.replace('/orders/', '')),
} satisfies Backends;
