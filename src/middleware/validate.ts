import type { BodyCheck } from '../config/body-check.ts';
import type { Check, CheckVerdict } from '../config/schema.ts';
import { exactInteger } from '../core/exact-json.ts';
import type { Exchange } from '../core/exchange.ts';
import { type FailureCode, GatewayError } from '../core/failure.ts';
import type { Stage } from '../core/handler.ts';
import type { AllowedPages } from './allowed-origins.ts';
import { readContent } from './request-content.ts';

export interface RequestChecks {
  readonly params: Check | undefined;
  readonly query: Check | undefined;
  readonly body: BodyCheck | undefined;
  readonly bodyLimit: number;
  /** The pages that may send forms. */
  readonly pages: AllowedPages;
}

/**
 * Validates the request. The schemas' output for params, query and body is passed on; the bytes of the body stay
 * unchanged, apart from a content encoding.
 */
export function validate(checks: RequestChecks): Stage {
  return next => x => {
    const sent: SentTexts = { params: { ...x.params }, query: checks.query === undefined ? {} : queryObject(x.query) };
    const params = checks.params?.(sent.params);
    const query = checks.query?.(sent.query);
    if (checks.body === undefined && !(params instanceof Promise) && !(query instanceof Promise)) {
      return next(withValid(x, sent, params, query));
    }
    return later(checks, x, sent, params, query).then(next);
  };
}

/** Params and query as the client wrote them. */
interface SentTexts {
  readonly params: Texts;
  readonly query: Texts;
}

type Texts = Readonly<Record<string, unknown>>;

type PendingVerdict = CheckVerdict | Promise<CheckVerdict> | undefined;

async function later(
  checks: RequestChecks,
  x: Exchange,
  sent: SentTexts,
  params: PendingVerdict,
  query: PendingVerdict,
): Promise<Exchange> {
  const valid = withValid(x, sent, await params, await query);
  return checks.body === undefined ? valid : withBody(valid, checks.body, checks);
}

function withValid(
  x: Exchange,
  sent: SentTexts,
  params: CheckVerdict | undefined,
  query: CheckVerdict | undefined,
): Exchange {
  if (params === undefined && query === undefined) return x;
  const validParams = withExactIntegers(sent.params, accepted(params, 'request.invalid', 'The path does not fit'));
  const validQuery = withExactIntegers(sent.query, accepted(query, 'request.invalid', 'The query does not fit'));
  return x.with({
    ...(validParams === undefined ? {} : { params: validParams as Exchange['params'] }),
    details: { ...x.details, validQuery },
  });
}

async function withBody(sent: Exchange, check: BodyCheck, { bodyLimit, pages }: RequestChecks): Promise<Exchange> {
  const { x, content } = await readContent(sent, bodyLimit, pages);
  const verdict = content.kind === 'json' ? check.json(content.value) : check.form(content.value);
  const value = accepted(await verdict, 'request.unprocessable', 'The body does not fit');
  const validBody = content.kind === 'json' ? value : withExactIntegers(content.value, value);
  return x.with({ details: { ...x.details, validBody } });
}

function accepted(verdict: CheckVerdict | undefined, code: FailureCode, message: string): unknown {
  if (verdict === undefined) return undefined;
  if (verdict.errors !== undefined) throw new GatewayError(code, message, { errors: verdict.errors });
  return verdict.value;
}

/** Integers that a schema has converted from text, with all their digits: bigints beyond 2^53. */
function withExactIntegers(sent: Texts, converted: unknown): unknown {
  if (typeof converted !== 'object' || converted === null) return converted;
  const exact = Object.entries(converted).map(([name, value]): [string, unknown] => {
    const text = sent[name];
    return [name, Array.isArray(value) ? exactItems([text].flat(), value) : exactInteger(text, value)];
  });
  const isSame = exact.every(([name, value]) => value === converted[name as keyof typeof converted]);
  return isSame ? converted : Object.fromEntries(exact);
}

function exactItems(sent: readonly unknown[], converted: readonly unknown[]): readonly unknown[] {
  const exact = converted.map((value, i) => exactInteger(sent[i], value));
  return exact.every((value, i) => value === converted[i]) ? converted : exact;
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
