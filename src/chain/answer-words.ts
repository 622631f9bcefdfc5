import type { LoadedRoute } from '../define/loaded.ts';
import { isService } from '../define/service.ts';

/** What answers a route, as an operator reads it. */
export function answerWords({ answer, definition }: LoadedRoute): string {
  switch (answer) {
    case 'proxy':
      return proxyWords(definition.proxy);
    case 'aggregate':
      return Object.entries(definition.aggregate ?? {})
        .map(([name, part]) => (part.optional === true ? `${name}?` : name))
        .join(' · ');
    case 'static':
      return `static ${definition.static?.dir ?? ''}`;
    case 'handler':
    case 'redirect':
      return answer;
  }
}

function proxyWords(proxy: LoadedRoute['definition']['proxy']): string {
  if (typeof proxy === 'string') return `proxy ${proxy}`;
  if (isService(proxy)) return `proxy ${proxy.serviceName}`;
  if (typeof proxy === 'object') return `proxy ${proxy.service.serviceName}`;
  return 'proxy, chosen per request';
}
