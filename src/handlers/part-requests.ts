import type { AnyContext } from '../config/loaded-route.ts';
import { contextOf } from '../config/request-context.ts';
import type { Call } from '../config/service.ts';
import { type Body, NO_BODY } from '../core/body.ts';
import type { Exchange } from '../core/exchange.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { TraceIds } from '../core/trace-ids.ts';
import type { Part, Values } from './compiled-part.ts';
import { JSON_FIELDS } from './part-body.ts';
import { PartFields } from './part-fields.ts';
import { fixedCall } from './proxy.ts';

/** What a call of a part is for. */
export interface PartSubject {
  /** An id, several ids, or, without `each`, the same as `values`. */
  readonly subject: unknown;
  /** Of the parts that it needs. */
  readonly values: Values;
}

type Destination = Pick<Exchange, 'journal' | 'cancellation'>;

/** What the request of a part depends on. */
export type RequestingPart = Pick<Part, 'name' | 'definition' | 'fixed' | 'passed' | 'body' | 'look' | 'remember'>;

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
  of(part: RequestingPart, { subject, values }: PartSubject, to: Destination): Exchange | undefined {
    const { from, each, optional } = part.definition;
    const call = typeof from === 'function' ? from(this.context, subject, values) : from;
    if (call === undefined) throw new TypeError(`part "${part.name}" has no call`);
    if (call !== false) return this.to(part, call, { subject, values }, to);
    if (optional === true || each !== undefined) return undefined;
    throw new TypeError(`part "${part.name}" left itself out with false, but it is not optional`);
  }

  /** The request of a part for a call. */
  to(
    part: RequestingPart,
    call: Call,
    { subject, values }: PartSubject,
    { journal, cancellation }: Destination,
  ): Exchange {
    const { service } = call;
    const passed = part.passed(service);
    const { body, fields } = typeof part.body === 'function' ? part.body(this.context, subject, values) : part.body;
    part.look?.(this.#client, passed, service.serviceName);
    const target = (part.fixed ?? fixedCall(call))(this.base);
    part.remember?.(target, subject);
    return this.base.asPart({
      journal,
      call: target,
      cancellation,
      headers: this.#fields.of(passed, fields),
      body,
    });
  }

  /** The fields of another call with these, in its own step of the trace. */
  inTrace(headers: HeaderList, body: Body): HeaderList {
    const traced = this.#fields.inTrace(headers);
    return body.kind === 'none' ? traced : traced.concat(JSON_FIELDS);
  }
}
