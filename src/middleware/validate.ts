import type { Check, CheckVerdict } from '../config/schema.ts';
import { bytesBody, collect } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { type FailureCode, GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import { parseJson, requireJson } from './json-body.ts';

export interface RequestChecks {
  readonly params: Check | undefined;
  readonly query: Check | undefined;
  readonly body: Check | undefined;
  readonly bodyLimit: number;
}

/**
 * Validates the request. The schemas' output for params, query and body is passed on; the bytes of the body stay
 * unchanged.
 */
export function validate(checks: RequestChecks): Stage {
  return next => x => {
    const params = checks.params?.({ ...x.params });
    const query = checks.query?.(queryObject(x.query));
    if (checks.body === undefined && !(params instanceof Promise) && !(query instanceof Promise)) {
      return next(withValid(x, params, query));
    }
    return later(checks, x, params, query).then(next);
  };
}

type PendingVerdict = CheckVerdict | Promise<CheckVerdict> | undefined;

async function later(
  checks: RequestChecks,
  x: Exchange,
  params: PendingVerdict,
  query: PendingVerdict,
): Promise<Exchange> {
  const valid = withValid(x, await params, await query);
  return checks.body === undefined ? valid : withBody(valid, checks.body, checks.bodyLimit);
}

function withValid(x: Exchange, params: CheckVerdict | undefined, query: CheckVerdict | undefined): Exchange {
  if (params === undefined && query === undefined) return x;
  const validParams = accepted(params, 'request.invalid', 'The path does not fit');
  const validQuery = accepted(query, 'request.invalid', 'The query does not fit');
  return x.with({
    ...(validParams === undefined ? {} : { params: validParams as Exchange['params'] }),
    details: { ...x.details, validQuery },
  });
}

async function withBody(x: Exchange, check: Check, limit: number): Promise<Exchange> {
  if (x.body.kind !== 'none') requireJson(x.headers);
  const bytes = await collect(x.body, limit, () => {
    return new GatewayError('request.body_too_large', `The body is larger than ${limit} bytes`);
  });
  const validBody = accepted(await check(parseJson(bytes)), 'request.unprocessable', 'The body does not fit');
  return x.with({ body: bytesBody(bytes), details: { ...x.details, validBody } });
}

function accepted(verdict: CheckVerdict | undefined, code: FailureCode, message: string): unknown {
  if (verdict === undefined) return undefined;
  if (verdict.errors !== undefined) throw new GatewayError(code, message, { errors: verdict.errors });
  return verdict.value;
}

/** A single name is a string, a repeated one a list. */
function queryObject(query: URLSearchParams): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    fields[name] = values.length === 1 && values[0] !== undefined ? values[0] : values;
  }
  return { ...fields };
}
