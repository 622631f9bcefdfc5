/** What a route takes and gives, as types only. `unknown` where the route declares nothing. */
export interface RouteContract {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly response: unknown;
}

/** A value that is written into an address. */
export type AddressValue = string | number | bigint | boolean;

/** The query of a route without a schema. Undefined values are left out, arrays repeat their name. */
export type AnyQuery =
  | URLSearchParams
  | Readonly<Record<string, AddressValue | readonly AddressValue[] | null | undefined>>;

/** A text in an address may be given as a number, too; a text of certain values may not. */
type Sent<T> = string extends T
  ? string | number | bigint
  : T extends readonly (infer Item)[]
    ? readonly Sent<Item>[]
    : T;

type SentParams<T> = { readonly [K in keyof T]: Sent<T[K]> };

/** A member of the options: required if a call without it cannot be right. */
type Member<Name extends string, T> =
  Record<never, never> extends T ? { readonly [K in Name]?: T } : { readonly [K in Name]: T };

type Declared<T, Undeclared> = unknown extends T ? Undeclared | undefined : T;

/** What every call can be given beside the route's own input. */
export interface CallOptions {
  /** Added to those of the client; the same name replaces. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call. */
  readonly signal?: AbortSignal;
  /** As for `fetch`: whether cookies go along. Default `same-origin`. */
  readonly credentials?: 'include' | 'omit' | 'same-origin';
  /** As for `fetch`: the request outlives the page. */
  readonly keepalive?: boolean;
}

type MaybeMember<Name extends string, T, Undeclared> = unknown extends T
  ? { readonly [K in Name]?: Declared<T, Undeclared> }
  : Member<Name, T>;

/** The input of a route as options of a call. */
type InputOf<C> = C extends RouteContract
  ? Member<'params', SentParams<C['params']>> &
      MaybeMember<'query', C['query'], AnyQuery> &
      MaybeMember<'body', C['body'], unknown> &
      CallOptions
  : never;

/** The arguments of a call behind its key: none are needed where the route needs no input. */
export type ArgumentsOf<C> =
  Record<never, never> extends InputOf<C> ? readonly [options?: InputOf<C>] : readonly [options: InputOf<C>];

export type ResponseOf<C> = C extends RouteContract ? C['response'] : never;

/** The last lines of a stream, which its reader reads itself. */
type EndLine = { readonly done: boolean } | { readonly error: unknown };

/** Each line has all members, so that they can be taken apart at once: `const { part, value } = line`. */
type WithAllMembers<L> = L &
  (L extends { readonly value: unknown } ? unknown : { readonly value?: undefined }) &
  (L extends { readonly absent?: string } ? unknown : { readonly absent?: undefined }) &
  (L extends { readonly fallback?: true } ? unknown : { readonly fallback?: undefined });

type EachLine<L> = L extends EndLine ? never : WithAllMembers<L>;

/** The lines of a streamed route: one for each part. */
export type StreamLine<C> = C extends { readonly lines: infer L } ? EachLine<L> : never;

/** The routes of an index that are streamed. */
export type StreamedKey<Routes> = {
  [Key in keyof Routes & string]: [StreamLine<Routes[Key]>] extends [never] ? never : Key;
}[keyof Routes & string];
