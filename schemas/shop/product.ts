import { Type } from 'typebox';

export const Product = Type.Object({
  id: Type.String(),
  name: Type.String(),
  price: Type.Integer({ minimum: 0, description: 'in cents' }),
  description: Type.String(),
  sellerId: Type.String(),
  image: Type.String({ pattern: '^/assets/' }),
  goesWith: Type.Array(Type.String(), { description: 'ids of other products' }),
  servedBy: Type.String(),
});

export const ProductList = Type.Object({
  items: Type.Array(Product),
  servedBy: Type.String(),
});
