import type { InferOr, InferSent } from './infer.ts';
import type { PathParams, Simplify } from './path-params.ts';

/** The schemas and the result of a route as types; `never` for what it does not declare. */
export interface RouteTypes {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly response: unknown;
  /** What `reply` or `handler` returns. */
  readonly result: unknown;
  /** The values of the parts of a streamed aggregate. */
  readonly streamed: unknown;
}

/** What a route takes and gives, for its clients; `unknown` where it declares nothing. */
interface Contract<Params, Query, Body, Result, Lines> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly response: Result;
  /** What a stream has of each part; `never` for a response in one piece. */
  readonly lines: Lines;
}

/** A value after its way through JSON: dates are texts, undefined members are missing, functions are nothing. */
type AsJson<T> = unknown extends T
  ? T
  : T extends { toJSON(): infer Written }
    ? AsJson<Written>
    : T extends bigint
      ? number
      : T extends string | number | boolean | null
        ? T
        : T extends undefined | symbol | ((...args: never) => unknown)
          ? never
          : T extends readonly unknown[]
            ? { -readonly [K in keyof T]: undefined extends T[K] ? AsJson<T[K]> | null : AsJson<T[K]> }
            : T extends object
              ? Simplify<JsonMembers<T>>
              : never;

type JsonMembers<T> = {
  -readonly [K in keyof T as Kept<T, K, false>]: AsJson<T[K]>;
} & { -readonly [K in keyof T as Kept<T, K, true>]?: AsJson<T[K]> };

/** Names of members that JSON has, apart by whether they may be missing. */
type Kept<T, K extends keyof T, MayMiss> = K extends symbol
  ? never
  : [AsJson<T[K]>] extends [never]
    ? never
    : (undefined extends T[K] ? true : false) extends MayMiss
      ? K
      : never;

/** The value of a response: undefined for one without content, `unknown` for a `Response` that a function makes. */
type Received<T> = T extends undefined ? undefined : T extends Response ? unknown : AsJson<T>;

type RouteResponse<T extends RouteTypes> = [T['response']] extends [never]
  ? Received<T['result']>
  : AsJson<InferOr<T['response'], unknown>>;

/** The lines of a stream, by the values of its parts. */
type LinesOf<Parts> = [Parts] extends [never]
  ? never
  : { [K in keyof Parts & string]: LineOf<K, Parts[K]> }[keyof Parts & string];

type LineOf<Name, Value> = [Value] extends [ReadonlyMap<infer Id, infer Item>]
  ? { part: Name; value: [id: AsJson<Id>, item: AsJson<Item>][]; fallback?: true; absent?: string }
  : unknown extends Value
    ? ValueLine<Name, unknown> | AbsentLine<Name>
    : ValueLine<Name, AsJson<Exclude<Value, undefined>>> | (undefined extends Value ? AbsentLine<Name> : never);

interface ValueLine<Name, Value> {
  readonly part: Name;
  readonly value: Value;
  /** Whether it is a fallback. */
  readonly fallback?: true;
}

interface AbsentLine<Name> {
  readonly part: Name;
  /** Why there is no value: `timeout`. */
  readonly absent: string;
}

interface TypedRoute {
  readonly types?: RouteTypes | undefined;
}

/** What a route takes and gives. @template Path its address, which types the params that have no schema. */
export type ContractOf<R extends TypedRoute, Path extends string> =
  NonNullable<R['types']> extends infer T extends RouteTypes
    ? Contract<
        InferSent<T['params'], PathParams<Path>>,
        InferSent<T['query'], unknown>,
        InferSent<T['body'], unknown>,
        RouteResponse<T>,
        LinesOf<T['streamed']>
      >
    : never;
