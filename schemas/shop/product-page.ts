import { Type } from 'typebox';
import { Product } from './product.ts';

export const Stock = Type.Object({
  qty: Type.Integer({ minimum: 0 }),
});

export const StockOfProduct = Type.Object({
  id: Type.String(),
  qty: Type.Integer({ minimum: 0 }),
});

export const Seller = Type.Object({
  id: Type.String(),
  name: Type.String(),
  city: Type.Optional(Type.String()),
  rating: Type.Optional(Type.Number({ minimum: 0, maximum: 5 })),
});

const InStock = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
  description: 'null: nobody knows right now',
});

/** What the browser gets: the work of three backends. */
export const ProductPage = Type.Object({
  product: Product,
  inStock: InStock,
  seller: Seller,
  goesWith: Type.Array(Type.Object({ id: Type.String(), inStock: InStock })),
});
