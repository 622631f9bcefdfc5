import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import { headerMistake, isHeaderValues, NO_PLAIN_OBJECT, type RequestHeaders } from '../config/request-headers.ts';
import type { Exchange } from '../core/exchange.ts';
import { GatewayError } from '../core/failure.ts';
import type { Handler, Stage } from '../core/handler.ts';
import { CONDITIONAL_FIELDS } from '../core/headers/conditional.ts';
import type { Reply } from '../core/reply.ts';

type Fields = ReadonlyMap<string, string | undefined>;
type Layer = Fields | ((x: Exchange) => Fields | Promise<Fields>);

/**
 * The `headers` options: request fields for the service, in addition to the client's or in their place. The stage is
 * below the cache, so for a shared response it sees only fields in the key.
 * @param written from the service to the call site; the nearest wins, name by name.
 */
export function requestHeaders(written: readonly RequestHeaders<AnyContext>[]): Stage {
  const layers = written.map(layerOf);
  const fixed = layers.filter(layer => typeof layer !== 'function');
  if (fixed.length === layers.length) {
    const set = setting(fixed);
    return next => x => next(set(x));
  }
  return next => x => {
    const made = layers.map(layer => (typeof layer === 'function' ? layer(x) : layer));
    return made.every(isKnown) ? next(setting(made)(x)) : later(made, x, next);
  };
}

function isKnown(fields: Fields | Promise<Fields>): fields is Fields {
  return !(fields instanceof Promise);
}

async function later(made: readonly (Fields | Promise<Fields>)[], x: Exchange, next: Handler): Promise<Reply> {
  return next(setting(await Promise.all(made))(x));
}

function layerOf(written: RequestHeaders<AnyContext>): Layer {
  if (typeof written !== 'function') return fieldsOf(written);
  return x => {
    const made: unknown = written(contextOf(x));
    if (!isThenable(made)) return fieldsOf(made ?? {});
    const fields = Promise.resolve(made).then(late => fieldsOf(late ?? {}));
    // Another layer may throw before this promise is awaited.
    fields.catch(() => undefined);
    return fields;
  };
}

/** @throws GatewayError `gateway.error` for invalid field values. */
function fieldsOf(values: unknown): Fields {
  if (!isHeaderValues(values)) throw unsayable(NO_PLAIN_OBJECT);
  return new Map(
    Object.entries(values).map(([name, value]) => {
      const mistake = headerMistake(name, value);
      if (mistake !== undefined) throw unsayable(mistake);
      return [name.toLowerCase(), value];
    }),
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function setting(layers: readonly Fields[]): (x: Exchange) => Exchange {
  const fields = new Map(layers.flatMap(layer => [...layer]));
  const names = new Set(fields.keys());
  const said = [...fields].flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
  const ownCopy = NOT_SHARED.find(name => names.has(name));
  return x => {
    // For a shared response a range, or a content encoding that not every client accepts, would be stored as the
    // complete response.
    if (ownCopy !== undefined && x.details.covered !== undefined)
      throw unsayable(`"${ownCopy}" is not for a shared response`);
    return x.with({ headers: x.headers.without(names).concat(said) });
  };
}

const NOT_SHARED: readonly string[] = ['accept-encoding', ...CONDITIONAL_FIELDS];

function unsayable(mistake: string): GatewayError {
  const cause = new Error(`headers: ${mistake}`);
  return new GatewayError('gateway.error', 'Something went wrong in the gateway', { cause });
}
