import { defineService } from 'portico';

export const orders = defineService('orders', {
  targets: { env: 'ORDERS_TARGETS', default: ['http://127.0.0.1:4001'] },
});
