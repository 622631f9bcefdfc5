import type { Converted } from './converted-schema.ts';
import type { OperationSchemas } from './operation-schemas.ts';
import type { DocumentedOperation } from './operations.ts';
import type { RouteName } from './route-name.ts';
import type { SourceValue } from './source-value.ts';

/** An operation with the schemas of its route. */
export interface OperationPlan {
  readonly operation: DocumentedOperation;
  readonly route: RouteName;
  readonly schemas: OperationSchemas;
}

/** The same with schemas as code. */
export interface OperationCode {
  readonly operation: DocumentedOperation;
  readonly route: RouteName;
  readonly schemas: RouteSchemas<SourceValue>;
}

/** The schemas of a route in the order in which they are written. */
export type RouteSchemas<T> = Readonly<Record<keyof OperationSchemas, T | undefined>>;

export function mapSchemas<T>(schemas: OperationSchemas, change: (schema: Converted) => T): RouteSchemas<T> {
  const { params, query, body, response } = schemas;
  const changed = (schema: Converted | undefined): T | undefined => (schema === undefined ? undefined : change(schema));
  return { params: changed(params), query: changed(query), body: changed(body), response: changed(response) };
}
