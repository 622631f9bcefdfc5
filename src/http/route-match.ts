import type { ParamPlaces, Params } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { WriteLimit } from './write-watch.ts';

/** A route as needed by the HTTP side. */
export interface RoutedHandler {
  readonly label: string;
  readonly handler: Handler;
  readonly upgrade: Handler;
  readonly writeLimit: WriteLimit;
  /** Whether a segment may contain `%2F`. */
  readonly encodedSlashes: boolean;
  /** Whether a GET may have a body. */
  readonly takesBody: boolean;
}

/** The result of the route table. */
export type RouteMatch =
  | { readonly kind: 'found'; readonly value: RoutedHandler; readonly params: Params; readonly places: ParamPlaces }
  | {
      readonly kind: 'method';
      readonly allow: readonly string[];
      readonly params?: never;
      readonly places?: never;
      readonly value?: never;
    }
  | {
      readonly kind: 'none';
      /** The label of the most similar route, for developers only. */
      readonly near?: string | undefined;
      readonly params?: never;
      readonly places?: never;
      readonly value?: never;
    }
  | {
      readonly kind: 'health';
      readonly isLeaving: boolean;
      readonly params?: never;
      readonly places?: never;
      readonly value?: never;
    }
  | { readonly kind: 'host'; readonly params?: never; readonly places?: never; readonly value?: never };
