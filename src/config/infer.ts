import type { Static, TSchema } from 'typebox';
import type { XStatic } from 'typebox/schema';

declare const typeOnly: unique symbol;

/** A type without validation at run time, made by `type<T>()`. */
export interface TypeOnly<T> {
  readonly [typeOnly]: T;
}

/**
 * Declares the type of a value without validation: `response: type<{ items: string[] }>()`. For validation use a JSON
 * Schema, a TypeBox schema or any Standard Schema (zod, valibot, arktype).
 */
export function type<T>(): TypeOnly<T> {
  return {} as TypeOnly<T>;
}

interface StandardSchemaTypes {
  readonly '~standard': { readonly types?: { readonly input: unknown; readonly output: unknown } | undefined };
}

/** The type that a schema describes. */
export type Infer<S> =
  S extends TypeOnly<infer T>
    ? T
    : S extends StandardSchemaTypes
      ? NonNullable<S['~standard']['types']>['output']
      : S extends { '~kind': string } | { '~unsafe': unknown }
        ? S extends TSchema
          ? Static<S>
          : unknown
        : S extends object
          ? XStatic<S>
          : unknown;

/** A schema that describes itself and converts nothing. */
interface OnlyDescribed {
  readonly '~standard': {
    readonly jsonSchema: unknown;
    readonly validate?: never;
    readonly types?: { readonly input: unknown; readonly output: unknown } | undefined;
  };
}

/** The type of a request's part: what the schema makes of it, or what it describes as its input. */
export type InferRequest<S, Default> = [S] extends [never]
  ? Default
  : S extends OnlyDescribed
    ? NonNullable<S['~standard']['types']>['input']
    : Infer<S>;

/** The type of what a client sends for a schema. */
export type InferSent<S, Default> = [S] extends [never]
  ? Default
  : S extends StandardSchemaTypes
    ? NonNullable<S['~standard']['types']>['input']
    : Infer<S>;

/** The type of what the project returns for a schema, which may convert it before it is sent. */
export type InferReturned<S, Default> = [S] extends [never]
  ? Default
  : S extends OnlyDescribed
    ? Infer<S>
    : InferSent<S, Default>;

/** The type that a schema describes, or a default without a schema. */
export type InferOr<S, Default> = [S] extends [never] ? Default : Infer<S>;
