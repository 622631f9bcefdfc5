import { type Backend, startBackend } from './backend.ts';
import { findProduct, PRODUCTS, type Product } from './products.ts';
import { notFound } from './response.ts';

const QUANTITIES = [14, 6, 9, 31, 3, 58, 12, 5, 40, 2, 17, 0];

export function startStock(): Promise<Backend> {
  return startBackend({
    name: 'stock',
    handlers: {
      'GET /stock/:id': ({ params }) => {
        const product = findProduct(params.id);
        return product ? { json: { qty: quantityOf(product) } } : notFound('product');
      },
      'GET /stock': ({ query }) => {
        const products = (query.get('ids') ?? '').split(',').map(findProduct);
        const known = products.filter(product => product !== undefined);
        return { json: known.map(product => ({ id: product.id, qty: quantityOf(product) })) };
      },
    },
  });
}

function quantityOf(product: Product): number {
  return QUANTITIES[PRODUCTS.indexOf(product)] ?? 0;
}
