import { handlerDescription } from '../chain/handler-description.ts';
import type { CompiledRoute } from '../chain/route.ts';
import type { StepName } from '../chain/step.ts';

/** A route for operators, as plain data that a worker can send. */
export interface RouteRow {
  /** `ANY` for every method. */
  readonly method: string;
  /** With its host, if it belongs to a single one. */
  readonly path: string;
  /** The path in the notation of file names: `/products/[id]`. */
  readonly pattern: string;
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
    pattern: route.pattern,
    response: handlerDescription(route),
    policies: steps.filter(({ implicit }) => implicit !== true).map(({ name, policy }) => ({ name, policy })),
    file: route.file,
  };
}
