import type { PartResponse } from '../config/part-response.ts';
import { isService } from '../config/service.ts';
import type { Exchange } from '../core/exchange.ts';
import { asFailure, GatewayError, isEndOfSession, isWithdrawal, precomputed } from '../core/failure.ts';
import { namesInVary } from '../core/headers/vary.ts';
import type { Journal } from '../core/ports/journal.ts';
import { joinedLabels, NO_LABELS } from '../core/purge.ts';
import type { Dependencies, FallbackUse, Reply } from '../core/reply.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import { whenKnown } from '../core/when-known.ts';
import type { Part, Values } from './compiled-part.ts';
import { EarlyEnd, type EarlyEndPolicy } from './early-end.ts';
import { type FanOutHost, FanOutRun } from './fan-out-run.ts';
import { OF_EVERY_PART } from './part-fields.ts';
import { PartRequests } from './part-requests.ts';
import { ReadPartResponse } from './part-response.ts';

export type ResponsesOfParts = Readonly<Record<string, PartResponse>>;

const NOTHING: readonly string[] = [];
const NO_VALUES: Values = Object.freeze({});
const NOT_NEEDED = precomputed('part.not_needed', 'Another part failed, so this one is of no use');

/** The dependencies of a part that its backend has withdrawn: a response without it may not be stored. */
const WITHDRAWN: Dependencies = { storable: false, freshUntil: undefined, labels: NO_LABELS };
/** The same for a part whose backend failed, or with a fallback. */
const MAKESHIFT: Dependencies = { ...WITHDRAWN, makeshift: true };

/** Receives each value as soon as it is known; that of a missing part is undefined. */
export interface PartWatch {
  settled(name: string, value: unknown): void;
}

/** One run through the graph of parts. The first failure of a required part cancels the others. */
export class Gathering implements FanOutHost {
  readonly #parts: ReadonlyMap<string, Part>;
  readonly requests: PartRequests;
  readonly #early: EarlyEnd | undefined;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #dependencies: Dependencies[] = [];
  readonly #vary = new Set<string>();
  readonly #calls = new Map<string, Reply | Promise<Reply>>();
  /** The fallbacks of parts, and the missing parts. */
  readonly fallbacks: FallbackUse[] = [];
  /** Of the backends, by the name of the part. */
  readonly responses: Record<string, PartResponse> = Object.create(null);
  #watch: PartWatch | undefined;
  #failed: string | undefined;

  constructor(
    parts: ReadonlyMap<string, Part>,
    x: Exchange,
    { traces, earlyEnd }: { readonly traces: TraceIds; readonly earlyEnd: EarlyEndPolicy | undefined },
  ) {
    this.#parts = parts;
    this.requests = new PartRequests(x, traces);
    this.#early = earlyEnd && new EarlyEnd(this.requests.base.cancellation, earlyEnd);
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

  /** The first part that failed and is not optional. */
  get failed(): string | undefined {
    return this.#failed;
  }

  /** Ends all calls. */
  cancel(reason: GatewayError): void {
    this.requests.base.cancellation.cancel(reason);
  }

  async run(names: readonly string[], watch?: PartWatch): Promise<Values> {
    this.#watch = watch;
    try {
      return await this.#valuesOf(names);
    } catch (thrown) {
      this.cancel(NOT_NEEDED);
      throw asFailure(thrown);
    } finally {
      this.#early?.finish();
      this.requests.base.cancellation.finish();
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
      running.then(
        value => this.#watch?.settled(name, value),
        () => {},
      );
      this.#running.set(name, running);
    }
    return running;
  }

  async #gather(name: string): Promise<unknown> {
    const part = this.#parts.get(name);
    if (part === undefined) return undefined;
    const { dependsOn = NOTHING } = part.definition;
    const values = dependsOn.length === 0 ? NO_VALUES : await this.#valuesOf(dependsOn);
    const journal = this.requests.base.journal?.part(name);
    try {
      const { cancellation } = (part.isDispensable && this.#early) || this.requests.base;
      const to = { journal, cancellation };
      const { fanOut } = part;
      if (fanOut !== undefined) return await new FanOutRun(this, { part, fanOut, values, to }).run();
      const request = this.requests.of(part, { subject: values, values }, to);
      if (request === undefined) return undefined;
      const reply = await (part.shares === undefined ? part.handler(request) : this.send(part, request));
      this.#read(part, request, reply);
      if (reply.fallbacks === undefined) this.responses[name] = new ReadPartResponse(reply);
      const value = await part.call.value(reply);
      this.#dependencies.push(reply.dependencies ?? MAKESHIFT);
      return value;
    } catch (thrown) {
      const failure = failureOf(thrown, part);
      journal?.failed(failure.code);
      if (!this.isSpared(part, failure)) {
        this.#failed ??= name;
        throw failure;
      }
      this.lack(part, failure, journal);
      return undefined;
    } finally {
      journal?.end();
    }
  }

  /** Calls a backend; equal calls of parts with equal options are one. */
  send(part: Part, request: Exchange): Reply | Promise<Reply> {
    const { call, body } = request;
    const answer = (): Reply | Promise<Reply> => whenKnown(part.handler(request), reply => part.call.held(reply));
    if (part.shares === undefined || call === undefined) return answer();
    const content = body.kind === 'bytes' ? body.bytes.toString() : '';
    const key = [part.shares, call.service.serviceName, call.path + call.search, content].join('\n');
    let running = this.#calls.get(key);
    if (running === undefined) {
      running = answer();
      this.#calls.set(key, running);
    }
    return running;
  }

  take(part: Part, request: Exchange, reply: Reply): void {
    this.#read(part, request, reply);
    this.#dependencies.push(reply.dependencies ?? MAKESHIFT);
  }

  isSpared({ definition }: Part, failure: GatewayError): boolean {
    const isOver = this.requests.base.cancellation.reason !== undefined;
    return definition.optional === true && !isOver && !isEndOfSession(failure);
  }

  lack(part: Part, failure: GatewayError, journal?: Journal): void {
    journal?.absent();
    this.#dependencies.push(isWithdrawal(failure) ? WITHDRAWN : MAKESHIFT);
    this.#report({ part: part.name, reason: failure.code, absent: true });
  }

  /** What the combined response takes over from a part's response, beside its value. */
  #read(part: Part, { call }: Exchange, reply: Reply): void {
    for (const field of namesInVary(reply.headers)) {
      const service = call?.service;
      if (!SAME_IN_EVERY_PART.has(field) && isService(service) && part.mayVaryBy(service, field)) this.#vary.add(field);
    }
    for (const { reason } of reply.fallbacks ?? NO_FALLBACKS) this.#report({ part: part.name, reason });
  }

  /** A part with many calls is named once. */
  #report(use: FallbackUse): void {
    const isKnown = this.fallbacks.some(({ part, absent }) => part === use.part && absent === use.absent);
    if (!isKnown) this.fallbacks.push(use);
  }
}

const NO_FALLBACKS: readonly FallbackUse[] = [];

/** A function of the team that throws is named with its part. */
function failureOf(thrown: unknown, { site }: Part): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return asFailure(new Error(`the part ${site} failed`, { cause: thrown }));
}

/** The fields of every part's request, independent of the client. */
const SAME_IN_EVERY_PART: ReadonlySet<string> = new Set(OF_EVERY_PART.filter((_, i) => i % 2 === 0));
