import { Type } from 'typebox';

export const ChaosMode = Type.Object({
  mode: Type.Enum(['ok', 'slow', 'failing', 'dead']),
});

/** The mode of every backend. */
export const ChaosState = Type.Object({
  backends: Type.Array(Type.Object({ name: Type.String(), mode: Type.String() })),
});

/** One backend, after a change. */
export const ChaosOfBackend = Type.Object({ mode: Type.String() });
