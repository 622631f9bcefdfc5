import type { AnyContext, LoadedPart } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Check } from '../config/schema.ts';
import type { Call } from '../config/service.ts';
import { NO_BODY } from '../core/body.ts';
import type { CallTarget, Exchange } from '../core/exchange.ts';
import { asFailure, isWithdrawal, precomputed } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import { CONDITIONAL_FIELDS } from '../core/headers/conditional.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { dependingOn, namesInVary } from '../core/headers/vary.ts';
import { joinedLabels, NO_LABELS } from '../core/purge.ts';
import { type Dependencies, type FallbackUse, type Reply, standingIn } from '../core/reply.ts';
import { EarlyEnd, type EarlyEndPolicy } from './early-end.ts';
import type { CheckedCall } from './part.ts';
import { partsField } from './parts-field.ts';
import { type CallOf, fixedCall } from './proxy.ts';
import { promised, valueResponse } from './value-response.ts';

type Values = Readonly<Record<string, unknown>>;

/** A compiled part: its call site with all policies, and the reader of its response. */
export interface Part {
  readonly name: string;
  readonly definition: LoadedPart;
  /** Its call, if no function chooses it. */
  readonly fixed: CallOf | undefined;
  readonly handler: Handler;
  readonly call: CheckedCall;
}

/** Combines several backends into one response: every part starts as soon as its dependencies have responded. */
export function aggregateHandler(
  parts: readonly Part[],
  reply: (values: Values, c: AnyContext) => unknown,
  response: Check | undefined,
  earlyEnd?: EarlyEndPolicy,
): Handler {
  const byName = new Map(parts.map(part => [part.name, part]));
  const ofSome = parts.some(isDispensable) ? earlyEnd : undefined;
  const names = [...byName.keys()];
  return async x => {
    const gathering = new Gathering(byName, x, ofSome);
    const values = await gathering.run(names);
    const value = await promised(response, await reply(values, contextOf(x)));
    const made = valueResponse(value, Object.values(values));
    const { fallbacks } = gathering;
    const headers = dependingOn(gathering.vary, made.headers).concat(partsField(fallbacks));
    return standingIn({ ...made, headers, dependencies: gathering.dependencies }, fallbacks);
  };
}

/** Whether the response can do without the part's backend. */
function isDispensable({ definition: { optional, fallback } }: Part): boolean {
  return optional === true || (fallback !== undefined && fallback !== false);
}

const NOTHING: readonly string[] = [];
const NO_VALUES: Values = Object.freeze({});
const NOT_NEEDED = precomputed('part.not_needed', 'Another part failed, so this one is of no use');

/** The dependencies of a part that its backend has withdrawn: a response without it may not be stored. */
const WITHDRAWN: Dependencies = { storable: false, freshUntil: undefined, labels: NO_LABELS };
/** The same for a part whose backend failed, or with a fallback. */
const MAKESHIFT: Dependencies = { ...WITHDRAWN, makeshift: true };

/** One run through the graph of parts. The first failure of a required part cancels the others. */
class Gathering {
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #x: Exchange;
  readonly #context: AnyContext;
  readonly #early: EarlyEnd | undefined;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #dependencies: Dependencies[] = [];
  readonly #vary = new Set<string>();
  /** The fallbacks of parts, and the missing parts. */
  readonly fallbacks: FallbackUse[] = [];

  constructor(parts: ReadonlyMap<string, Part>, x: Exchange, earlyEnd: EarlyEndPolicy | undefined) {
    this.#parts = parts;
    this.#x = partRequests(x);
    this.#context = contextOf(x);
    this.#early = earlyEnd && new EarlyEnd(this.#x.cancellation, earlyEnd);
  }

  /** The minimum of the parts' lifetimes (RFC 9111 §4.2: a combined response is no fresher). */
  get dependencies(): Dependencies {
    const ends = this.#dependencies.map(({ freshUntil }) => freshUntil).filter(end => end !== undefined);
    const unstorable = this.#dependencies.filter(({ storable }) => !storable);
    const isMakeshift = unstorable.length > 0 && unstorable.every(({ makeshift }) => makeshift);
    return {
      storable: unstorable.length === 0,
      freshUntil: ends.length === 0 ? undefined : Math.min(...ends),
      labels: joinedLabels(this.#dependencies.map(({ labels }) => labels)),
      ...(isMakeshift ? { makeshift: true } : {}),
    };
  }

  /** The request fields that a part depends on, which the combined response depends on too (RFC 9110 §12.5.5). */
  get vary(): readonly string[] {
    return [...this.#vary].sort();
  }

  async run(names: readonly string[]): Promise<Values> {
    try {
      return await this.#valuesOf(names);
    } catch (thrown) {
      this.#x.cancellation.cancel(NOT_NEEDED);
      throw asFailure(thrown);
    } finally {
      this.#early?.finish();
      this.#x.cancellation.finish();
    }
  }

  async #valuesOf(names: readonly string[]): Promise<Values> {
    const values = await Promise.all(names.map(name => this.#valueOf(name)));
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  }

  #valueOf(name: string): Promise<unknown> {
    let running = this.#running.get(name);
    if (running === undefined) {
      running = this.#gather(name);
      // Dependent parts receive the failure; a part that is no longer awaited must not end the process.
      running.catch(() => {});
      this.#running.set(name, running);
    }
    return running;
  }

  async #gather(name: string): Promise<unknown> {
    const part = this.#parts.get(name);
    if (part === undefined) return undefined;
    const { dependsOn = NOTHING } = part.definition;
    const values = dependsOn.length === 0 ? NO_VALUES : await this.#valuesOf(dependsOn);
    const journal = this.#x.journal?.child(name);
    try {
      const target = partTarget(part, this.#x, this.#context, values);
      if (target === undefined) return undefined;
      const { cancellation } = (isDispensable(part) && this.#early) || this.#x;
      const reply: Reply = await part.handler(this.#x.asPart(journal, target, cancellation));
      for (const name of namesInVary(reply.headers)) if (!SAME_IN_EVERY_PART.has(name)) this.#vary.add(name);
      const value = await part.call.value(reply);
      this.#dependencies.push(reply.dependencies ?? MAKESHIFT);
      for (const { reason } of reply.fallbacks ?? []) this.fallbacks.push({ part: name, reason });
      return value;
    } catch (thrown) {
      const failure = asFailure(thrown);
      journal?.note('failed', failure.code);
      if (part.definition.optional !== true || this.#x.cancellation.reason !== undefined) throw failure;
      journal?.note('optional', 'absent');
      this.#dependencies.push(isWithdrawal(failure) ? WITHDRAWN : MAKESHIFT);
      this.fallbacks.push({ part: name, reason: failure.code, absent: true });
      return undefined;
    } finally {
      journal?.end();
    }
  }
}

/** The request of every part, before its target is known, with a cancellation of all parts. */
export function partRequests(x: Exchange): Exchange {
  return x.with({
    method: 'GET',
    body: NO_BODY,
    headers: partHeaders(x.headers),
    earlyHints: undefined,
    cancellation: x.cancellation.child(),
  });
}

/** The target of a part; undefined if the part skips itself. */
export function partTarget(
  { name, fixed, definition: { from, optional } }: Pick<Part, 'name' | 'fixed' | 'definition'>,
  x: Exchange,
  context: AnyContext,
  needed: Values,
): CallTarget | undefined {
  if (fixed !== undefined) return fixed(x);
  const call: Call | false = typeof from === 'function' ? from(context, needed) : from;
  if (call !== false) return fixedCall(call)(x);
  if (optional === true) return undefined;
  throw new TypeError(`part "${name}" left itself out with false, but it is not optional`);
}

/** A part has its own request, in which the client's conditions, range and content fields have no meaning. */
function partHeaders(headers: HeaderList): HeaderList {
  return headers.without(NOT_OF_A_PART).concat(OF_EVERY_PART);
}

/** The fields of every part's request, independent of the client. */
const SAME_IN_EVERY_PART: ReadonlySet<string> = new Set(['accept', 'accept-encoding']);

const OF_EVERY_PART: readonly string[] = ['accept', 'application/json', 'accept-encoding', 'identity'];

const NOT_OF_A_PART: ReadonlySet<string> = new Set([
  ...SAME_IN_EVERY_PART,
  'content-type',
  'content-encoding',
  'content-language',
  ...CONDITIONAL_FIELDS,
]);
