import type { CallTarget } from '../exchange.ts';
import type { Handler } from '../handler.ts';

/** A call site whose service does not respond itself. */
export interface MockedSite {
  /** For people: `GET /page/{id}#stock`. */
  readonly name: string;
  readonly service: string;
  /** The schema of the response, or of each item of a batch; undefined without one. */
  readonly response: unknown;
  /** Set if a call is for several ids. */
  readonly batch: MockedBatch | undefined;
  /** The id or the ids that a call is for; undefined for any other call. */
  subjectOf(call: CallTarget): unknown;
}

interface MockedBatch {
  /** Returns the id of an item. */
  readonly by: (item: unknown) => unknown;
  /** The member of the response that has the list of items; undefined if the response is the list. */
  readonly items: string | undefined;
}

/** Responds to calls in place of the backends of every service. */
export interface BackendMock {
  /** Responds to every call of a site. */
  handlerOf(site: MockedSite): Handler;
}

/** The field of a response that no backend has made: `recorded`, `example` or `generated`. */
export const MOCK_FIELD = 'Portico-Mock';
