import { Type } from 'typebox';

export const CartItem = Type.Object(
  {
    productId: Type.String({ minLength: 1 }),
    qty: Type.Integer({ minimum: 1, maximum: 99 }),
  },
  { additionalProperties: false },
);

const CartLine = Type.Object({
  productId: Type.String(),
  name: Type.String(),
  price: Type.Integer(),
  qty: Type.Integer(),
  sum: Type.Integer(),
});

export const Cart = Type.Object({
  id: Type.String(),
  lines: Type.Array(CartLine),
  count: Type.Integer(),
  total: Type.Integer({ description: 'in cents' }),
});

/** The cart of a visitor that becomes a user's. */
export const CartMove = Type.Object({ from: Type.String({ minLength: 1 }) }, { additionalProperties: false });
