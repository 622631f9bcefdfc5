import { Type } from 'typebox';

export const ChaosMode = Type.Object({
  mode: Type.Enum(['ok', 'slow', 'failing', 'dead']),
});
