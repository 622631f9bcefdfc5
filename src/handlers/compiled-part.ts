import type { LoadedBatch, LoadedPart } from '../config/loaded-route.ts';
import type { PassedNames } from '../config/pass.ts';
import type { Service } from '../config/service.ts';
import type { CallTarget } from '../core/exchange.ts';
import type { Handler } from '../core/handler.ts';
import type { HeaderList } from '../core/headers/header-list.ts';
import type { CheckedCall } from './part.ts';
import type { BodyOfPart } from './part-body.ts';
import type { CallOf } from './proxy.ts';

/** The values of parts by name. */
export type Values = Readonly<Record<string, unknown>>;

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
  /** Set for a part with `each`. */
  readonly fanOut: FanOut | undefined;
  /** Its place for operators: `GET /page/{id}#stock`. */
  readonly site: string;
  /** Parts with the same name here share equal calls of one request; undefined for a part that shares none. */
  readonly shares: string | undefined;
  readonly body: BodyOfPart;
  /** Receives the id or the ids that a call is for; undefined if nobody needs them. */
  readonly remember: ((call: CallTarget, subject: unknown) => void) | undefined;
  /** Looks at what it does not get of the client's request, for a developer. */
  readonly look: ((client: HeaderList, passed: PassedNames, service: string) => void) | undefined;
}

/** A part that is called for several ids. */
export interface FanOut {
  readonly each: NonNullable<LoadedPart['each']>;
  /** Maximum of concurrent calls. */
  readonly concurrency: number;
  readonly batch: BatchOfPart | undefined;
}

/** Several ids in one call. */
export interface BatchOfPart extends LoadedBatch {
  /** Reads and validates a response with several items. */
  readonly call: CheckedCall;
  /** The call without fallback and cache, which each item has. */
  readonly send: Handler;
  /** Whether items are stored, each alone. */
  readonly isStored: boolean;
}

/** Whether a response can do without the backend of a part. */
export function isDispensable({ optional, fallback }: LoadedPart): boolean {
  return optional === true || (fallback !== undefined && fallback !== false);
}
