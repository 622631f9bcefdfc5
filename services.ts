import { defineService } from 'portico';

/** Two equal instances. Health checks find out soon when one is gone. */
export const catalog = defineService('catalog', {
  targets: { env: 'CATALOG_TARGETS', default: ['http://127.0.0.1:4001', 'http://127.0.0.1:4002'] },
  health: { path: '/readyz', interval: '1s', unhealthyThreshold: 2 },
  // In turn, and with a hedge for every call: while one instance is slow, every other call goes to it first, and the other
  // instance responds in time. The defaults (the faster instance, 5% of the calls) would show that to few visitors.
  balance: 'round-robin',
  hedge: { after: '200ms', max: '100%' },
});

export const stock = defineService('stock', {
  targets: { env: 'STOCK_TARGETS', default: ['http://127.0.0.1:4003'] },
});

export const sellers = defineService('sellers', {
  targets: { env: 'SELLERS_TARGETS', default: ['http://127.0.0.1:4004'] },
});

export const cart = defineService('cart', {
  targets: { env: 'CART_TARGETS', default: ['http://127.0.0.1:4005'] },
});

/** The same server, for users: it receives the access token of whose cart it is. */
export const userCart = defineService('user-cart', {
  targets: { env: 'CART_TARGETS', default: ['http://127.0.0.1:4005'] },
  token: 'user',
});

export const recommendations = defineService('recommendations', {
  targets: { env: 'RECOMMENDATIONS_TARGETS', default: ['http://127.0.0.1:4006'] },
  // Few, so that a visitor of the demo sees calls wait and be rejected when the service is slow.
  concurrency: 4,
});

export const images = defineService('images', {
  targets: { env: 'IMAGES_TARGETS', default: ['http://127.0.0.1:4007'] },
});

export const prices = defineService('prices', {
  targets: { env: 'PRICES_TARGETS', default: ['http://127.0.0.1:4008'] },
});

export const chat = defineService('chat', {
  targets: { env: 'CHAT_TARGETS', default: ['http://127.0.0.1:4009'] },
});

/** The demo's own controls: they make the others slow, failing or dead. */
export const chaos = defineService('chaos', {
  targets: { env: 'CHAOS_TARGETS', default: ['http://127.0.0.1:4010'] },
});
