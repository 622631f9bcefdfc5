import type { LoadedRoute } from '../config/loaded-route.ts';
import { isService } from '../config/service.ts';

/** The response of a route, described for operators. */
export function handlerDescription({ kind: response, definition }: LoadedRoute): string {
  switch (response) {
    case 'proxy':
      return proxyDescription(definition.proxy);
    case 'aggregate':
      return Object.entries(definition.aggregate ?? {})
        .map(([name, { each, optional }]) => `${name}${each === undefined ? '' : '[]'}${optional === true ? '?' : ''}`)
        .join(' · ');
    case 'static':
      return `static ${definition.static?.dir ?? ''}`;
    case 'handler':
    case 'redirect':
      return response;
  }
}

function proxyDescription(proxy: LoadedRoute['definition']['proxy']): string {
  if (typeof proxy === 'string') return `proxy ${proxy}`;
  if (isService(proxy)) return `proxy ${proxy.serviceName}`;
  if (typeof proxy === 'object') return `proxy ${proxy.service.serviceName}`;
  return 'proxy, chosen per request';
}
