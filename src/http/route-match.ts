import type { Exchange, ParamPlaces, Params } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { Reply } from '../core/reply.ts';
import type { WriteLimit } from './write-watch.ts';

/** A route as needed by the HTTP side. */
export interface RoutedHandler {
  readonly label: string;
  /** Relative to the project's folder. */
  readonly file: string;
  readonly handler: Handler;
  readonly upgrade: Handler;
  readonly writeLimit: WriteLimit;
  /** Whether a segment may contain `%2F`. */
  readonly encodedSlashes: boolean;
  /** Whether a GET may have a body. */
  readonly takesBody: boolean;
  /** Answers a preflight for a request to this route (Fetch, "CORS protocol"); undefined if it has no `cors`. */
  readonly preflight?: RoutedHandler | undefined;
  /** Set if the gateway itself answers at once: what `handler` returns. */
  readonly ownReply?: (x: Exchange) => Reply;
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
