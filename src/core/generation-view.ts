// What `portico history` shows as plain data.

/** A load of the routes. */
export interface GenerationView {
  /** Its number; that of the one that goes on, if it was refused. */
  readonly generation: number;
  /** When it served first, or was refused, as an ISO date. */
  readonly at: string;
  readonly state: 'serving' | 'replaced' | 'refused';
  /** What changed against the generation before; undefined if that is not known. */
  readonly changes: readonly OptionChange[] | undefined;
  /** The routes with requests. */
  readonly routes: readonly RouteNumbers[];
  /** Why it was refused, a line for each mistake. */
  readonly mistakes: readonly string[];
}

/** Without `before` an option is new, and without `after` it is gone; the same for a whole route, without `option`. */
export interface OptionChange {
  /** `GET /api/products/{id}`, `service catalog`, or `gateway`. */
  readonly of: string;
  readonly option?: string;
  readonly before?: string;
  readonly after?: string;
}

export interface RouteNumbers extends GenerationNumbers {
  readonly route: string;
  /** Of the generation before; undefined without requests. */
  readonly before?: GenerationNumbers;
}

interface GenerationNumbers {
  readonly requests: number;
  /** Responses with 5xx. */
  readonly errors: number;
  /** What 95 % of the requests took at most; undefined if that is above ten seconds. */
  readonly p95Ms: number | undefined;
}
