import { asFailure, GatewayError } from '../core/failure.ts';

/**
 * Converts an error of Express middleware: `http-errors` of the 4xx range keep their status, everything else is a 500.
 */
export function thrownByMiddleware(thrown: unknown): GatewayError {
  const status: unknown = typeof thrown === 'object' && thrown !== null ? Reflect.get(thrown, 'status') : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499) return asFailure(thrown);
  return new GatewayError('request.refused', 'The request was refused before it reached a route', {
    status,
    cause: thrown,
  });
}
