import type { CompiledRoute } from '../chain/route.ts';
import type { StepName } from '../chain/step.ts';
import type { LoadedRoute } from '../define/loaded.ts';
import { isService } from '../define/service.ts';

/** A route as an operator reads it; plain data, so that a worker can send it. */
export interface RouteRow {
  /** `ANY` answers every method. */
  readonly method: string;
  /** With its host, where it answers one only. */
  readonly path: string;
  readonly answer: string;
  readonly policies: readonly PolicyRow[];
  readonly file: string;
}

export interface PolicyRow {
  readonly name: StepName;
  readonly policy: string;
}

export function routeRow({ route, steps }: CompiledRoute): RouteRow {
  return {
    method: route.method ?? 'ANY',
    path: `${route.hosts.join(',')}${route.label}`,
    answer: answerWords(route),
    policies: steps.map(({ name, policy }) => ({ name, policy })),
    file: route.file,
  };
}

function answerWords({ answer, definition }: LoadedRoute): string {
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
