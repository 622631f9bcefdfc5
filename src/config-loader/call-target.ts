import { isCall, isService, type Service } from '../config/service.ts';

/** The service that a proxy or a part always calls; undefined if a function or a URL chooses it. */
export function fixedServiceOf(target: unknown): Service | undefined {
  if (isService(target)) return target;
  return isCall(target) ? target.service : undefined;
}

/** The pattern of a proxy or a part, without the origin of a URL. */
export function patternOf(target: unknown): string | undefined {
  if (typeof target === 'string') return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return isCall(target) && 'pattern' in target ? target.pattern : undefined;
}
