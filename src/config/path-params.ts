// The grammar of file names as types; src/config-loader parses the same grammar at run time.

type NameOf<P extends string> = P extends `${infer Name}=${string}` ? Name : P;

type Segments<S extends string> = S extends `${infer Head}/${infer Rest}`
  ? Segments<Head> & Segments<Rest>
  : S extends `[[...${infer P}]]`
    ? { [K in P]?: string[] }
    : S extends `[...${infer P}]`
      ? { [K in P]: string[] }
      : S extends `[[${infer P}]]`
        ? { [K in NameOf<P>]?: string }
        : S extends `${string}[${infer P}]${infer Rest}`
          ? { [K in NameOf<P>]: string } & Segments<Rest>
          : unknown;

export type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** The params of a path literal: `PathParams<'/users/[id]/[...rest]'>` is `{ id: string; rest: string[] }`. */
export type PathParams<P extends string> = unknown extends Segments<P> ? Record<never, never> : Simplify<Segments<P>>;
