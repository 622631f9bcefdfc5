// Written by portico (`portico types`, `check` and `dev`). It contains types only: the client is typed by it.
import type { ContractOf } from 'portico';

export interface AppRoutes {
  'DELETE /api/cart/[id]/items/[productId]': ContractOf<typeof import('./routes/api/cart/[id]/items/[productId].delete.ts').default, '/api/cart/[id]/items/[productId]'>;
  'DELETE /api/my/cart/items/[productId]': ContractOf<typeof import('./routes/api/my/cart/items/[productId].delete.ts').default, '/api/my/cart/items/[productId]'>;
  'DELETE /demo/chaos': ContractOf<typeof import('./routes/demo/chaos/index.delete.ts').default, '/demo/chaos'>;
  'GET /': ContractOf<typeof import('./routes/index.get.ts').default, '/'>;
  'GET /api/cart/[id]': ContractOf<typeof import('./routes/api/cart/[id]/index.get.ts').default, '/api/cart/[id]'>;
  'GET /api/my/cart': ContractOf<typeof import('./routes/api/my/cart/index.get.ts').default, '/api/my/cart'>;
  'GET /api/my/orders': ContractOf<typeof import('./routes/api/my/orders/index.get.ts').default, '/api/my/orders'>;
  'GET /api/product-page/[id]': ContractOf<typeof import('./routes/api/product-page/[id].get.ts').default, '/api/product-page/[id]'>;
  'GET /api/products': ContractOf<typeof import('./routes/api/products/index.get.ts').default, '/api/products'>;
  'GET /api/products/[id]': ContractOf<typeof import('./routes/api/products/[id].get.ts').default, '/api/products/[id]'>;
  'GET /api/recommendations/[user]': ContractOf<typeof import('./routes/api/recommendations/[user].get.ts').default, '/api/recommendations/[user]'>;
  'GET /assets/[...path]': ContractOf<typeof import('./routes/assets/[...path].get.ts').default, '/assets/[...path]'>;
  'GET /client/[file]': ContractOf<typeof import('./routes/client/[file].get.ts').default, '/client/[file]'>;
  'GET /demo/chaos': ContractOf<typeof import('./routes/demo/chaos/index.get.ts').default, '/demo/chaos'>;
  'GET /events/prices': ContractOf<typeof import('./routes/events/prices.get.ts').default, '/events/prices'>;
  'GET /orders': ContractOf<typeof import('./routes/orders.get.ts').default, '/orders'>;
  'GET /shop/[...file]': ContractOf<typeof import('./routes/shop/[...file].get.ts').default, '/shop/[...file]'>;
  'GET /ws/chat': ContractOf<typeof import('./routes/ws/chat.get.ts').default, '/ws/chat'>;
  'POST /api/cart/[id]/items': ContractOf<typeof import('./routes/api/cart/[id]/items/index.post.ts').default, '/api/cart/[id]/items'>;
  'POST /api/my/cart/items': ContractOf<typeof import('./routes/api/my/cart/items/index.post.ts').default, '/api/my/cart/items'>;
  'POST /api/my/cart/moves': ContractOf<typeof import('./routes/api/my/cart/moves.post.ts').default, '/api/my/cart/moves'>;
  'POST /api/my/orders': ContractOf<typeof import('./routes/api/my/orders/index.post.ts').default, '/api/my/orders'>;
  'PUT /demo/chaos/[name]': ContractOf<typeof import('./routes/demo/chaos/[name].put.ts').default, '/demo/chaos/[name]'>;
}
