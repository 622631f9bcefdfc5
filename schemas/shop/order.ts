import { Type } from 'typebox';

export const Order = Type.Object({
  id: Type.String(),
  at: Type.String({ format: 'date-time' }),
  count: Type.Integer(),
  total: Type.Integer({ description: 'in cents' }),
});

export const Orders = Type.Object({
  orders: Type.Array(Order, { description: 'the newest first' }),
});
