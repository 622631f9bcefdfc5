import { type Backend, startBackend } from './backend.ts';
import { findProduct, PRODUCTS } from './products.ts';
import { notFound } from './response.ts';

const QUANTITIES = [14, 6, 9, 31, 3, 58, 12, 5, 40, 2, 17, 0];

export function startStock(): Promise<Backend> {
  return startBackend({
    name: 'stock',
    handlers: {
      'GET /stock/:id': ({ params }) => {
        const product = findProduct(params.id);
        return product ? { json: { qty: QUANTITIES[PRODUCTS.indexOf(product)] ?? 0 } } : notFound('product');
      },
    },
  });
}
