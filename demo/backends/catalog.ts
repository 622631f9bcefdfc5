import { type Backend, startBackend } from './backend.ts';
import { findProduct, goesWith, PRODUCTS, type Product } from './products.ts';
import { notFound } from './response.ts';

/** One of several equal instances; only `servedBy` says which one responded. */
export function startCatalog(instance: number): Promise<Backend> {
  const name = `catalog-${instance}`;
  const item = (product: Product) => ({
    ...product,
    image: `/assets/products/${product.id}.svg`,
    goesWith: goesWith(product),
    servedBy: name,
  });
  return startBackend({
    name,
    handlers: {
      'GET /v2/items': () => ({ json: { items: PRODUCTS.map(item), servedBy: name } }),
      'GET /v2/items/:id': ({ params }) => {
        const product = findProduct(params.id);
        return product ? { json: item(product) } : notFound('product');
      },
    },
  });
}
