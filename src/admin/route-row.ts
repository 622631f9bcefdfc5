import { handlerDescription } from '../chain/handler-description.ts';
import type { CompiledRoute } from '../chain/route.ts';
import type { StepName } from '../chain/step.ts';

/** A route as an operator reads it; plain data, so that a worker can send it. */
export interface RouteRow {
  /** `ANY` answers every method. */
  readonly method: string;
  /** With its host, where it answers one only. */
  readonly path: string;
  readonly response: string;
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
    response: handlerDescription(route),
    policies: steps.filter(({ implicit }) => implicit !== true).map(({ name, policy }) => ({ name, policy })),
    file: route.file,
  };
}
