import type { AnyContext, LoadedPart } from '../config/loaded-route.ts';
import type { PartResponse } from '../config/part-response.ts';
import type { PassedNames } from '../config/pass.ts';
import { contextOf } from '../config/request-context.ts';
import { type Call, isService, type Service } from '../config/service.ts';
import { NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import { asFailure, isWithdrawal, precomputed } from '../core/failure.ts';
import type { Handler } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import { namesInVary } from '../core/headers/vary.ts';
import { joinedLabels, NO_LABELS } from '../core/purge.ts';
import type { Dependencies, FallbackUse, Reply } from '../core/reply.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import { EarlyEnd, type EarlyEndPolicy } from './early-end.ts';
import type { CheckedCall } from './part.ts';
import { OF_EVERY_PART, PartFields } from './part-fields.ts';
import type { PartBody } from './part-request.ts';
import { ReadPartResponse } from './part-response.ts';
import { type CallOf, fixedCall } from './proxy.ts';

export type Values = Readonly<Record<string, unknown>>;
export type ResponsesOfParts = Readonly<Record<string, PartResponse>>;

/** A compiled part: its call site with all policies, and the reader of its response. */
export interface Part {
  readonly name: string;
  readonly definition: LoadedPart;
  /** Its call, if no function chooses it. */
  readonly fixed: CallOf | undefined;
  readonly handler: Handler;
  readonly call: CheckedCall;
  /** What a service gets of the client's request. @throws GatewayError for what the part's cache does not cover. */
  passed(service: Service): PassedNames;
  /** Whether a response of a service may depend on a header of the client, by its lower-case name. */
  mayVaryBy(service: Service, field: string): boolean;
  /** Whether the response can do without the part's backend. */
  readonly isDispensable: boolean;
  /** The body of a request. */
  bodyOf(c: AnyContext, ...args: readonly unknown[]): PartBody;
  /** Looks at what it does not get of the client's request, for a developer. */
  readonly look: ((client: HeaderList, passed: PassedNames, service: string) => void) | undefined;
}

/** Whether a response can do without the backend of a part. */
export function isDispensable({ optional, fallback }: LoadedPart): boolean {
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
export class Gathering {
  readonly #parts: ReadonlyMap<string, Part>;
  readonly #x: Exchange;
  readonly #requests: PartRequests;
  readonly #early: EarlyEnd | undefined;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #dependencies: Dependencies[] = [];
  readonly #vary = new Set<string>();
  /** The fallbacks of parts, and the missing parts. */
  readonly fallbacks: FallbackUse[] = [];
  /** Of the backends, by the name of the part. */
  readonly responses: Record<string, PartResponse> = Object.create(null);

  constructor(
    parts: ReadonlyMap<string, Part>,
    x: Exchange,
    { traces, earlyEnd }: { readonly traces: TraceIds; readonly earlyEnd: EarlyEndPolicy | undefined },
  ) {
    this.#parts = parts;
    this.#requests = new PartRequests(x, traces);
    this.#x = this.#requests.base;
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
      const { cancellation } = (part.isDispensable && this.#early) || this.#x;
      const request = this.#requests.of(part, values, { journal, cancellation });
      if (request === undefined) return undefined;
      const reply: Reply = await part.handler(request);
      this.#read(part, request, reply);
      const value = await part.call.value(reply);
      this.#dependencies.push(reply.dependencies ?? MAKESHIFT);
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

  /** What the combined response takes over from a part's response, beside its value. */
  #read(part: Part, { call }: Exchange, reply: Reply): void {
    const { name } = part;
    for (const field of namesInVary(reply.headers)) {
      const service = call?.service;
      if (!SAME_IN_EVERY_PART.has(field) && isService(service) && part.mayVaryBy(service, field)) this.#vary.add(field);
    }
    if (reply.fallbacks === undefined) this.responses[name] = new ReadPartResponse(reply);
    else for (const { reason } of reply.fallbacks) this.fallbacks.push({ part: name, reason });
  }
}

/** The fields of every part's request, independent of the client. */
const SAME_IN_EVERY_PART: ReadonlySet<string> = new Set(OF_EVERY_PART.filter((_, i) => i % 2 === 0));

/** The requests of the parts in one run. */
export class PartRequests {
  /** The request of every part, before its target is known, with a cancellation of all parts. */
  readonly base: Exchange;
  readonly context: AnyContext;
  readonly #client: HeaderList;
  readonly #fields: PartFields;

  constructor(x: Exchange, traces: TraceIds) {
    this.context = contextOf(x);
    this.#client = x.headers;
    this.#fields = new PartFields(x.headers, traces);
    this.base = x.with({
      method: 'GET',
      body: NO_BODY,
      earlyHints: undefined,
      cancellation: x.cancellation.child(),
      details: { ...x.details, clientHeaders: x.headers },
    });
  }

  /** The request of a part; undefined if the part skips itself. */
  of(
    part: Omit<Part, 'handler' | 'call'>,
    values: Values,
    { journal, cancellation }: Pick<Exchange, 'journal' | 'cancellation'>,
  ): Exchange | undefined {
    const { fixed, definition } = part;
    const { from } = definition;
    const call: Call | false = typeof from === 'function' ? from(this.context, values) : from;
    if (call === false) {
      if (definition.optional === true) return undefined;
      throw new TypeError(`part "${part.name}" left itself out with false, but it is not optional`);
    }
    const target = (fixed ?? fixedCall(call))(this.base);
    const { service } = call;
    const passed = part.passed(service);
    const { body, fields } = part.bodyOf(this.context, values);
    part.look?.(this.#client, passed, service.serviceName);
    return this.base.asPart({
      journal,
      call: target,
      cancellation,
      headers: this.#fields.of(passed, fields),
      body,
    });
  }
}
