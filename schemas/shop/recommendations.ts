import { Type } from 'typebox';

export const Recommendations = Type.Object({
  items: Type.Array(Type.String(), { description: 'product ids' }),
});
