import type { ParamPlaces, Params } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { WriteLimit } from './write-watch.ts';

/** A route as the socket side needs it. */
export interface RoutedHandler {
  readonly label: string;
  readonly handler: Handler;
  readonly upgrade: Handler;
  readonly writeLimit: WriteLimit;
  /** Whether `%2F` may stand inside a segment. */
  readonly encodedSlashes: boolean;
  /** Whether a GET may have a body. */
  readonly takesBody: boolean;
}

/** What the table says of a request. */
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
      /** The label of a route that was probably meant; only where a developer reads it. */
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
