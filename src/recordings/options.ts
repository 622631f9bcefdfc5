/** How a gateway uses recordings of its backends' responses. */
export interface RecordingsOptions {
  /**
   * `record` writes what the backends respond, `replay` responds with it and calls no backend, `mock` does so where
   * there is a recording, and `compare` only reports where the backends' JSON differs from it. Required.
   */
  readonly use: 'record' | 'replay' | 'mock' | 'compare';
  /** The folder, relative to the project's. Default `recordings`. */
  readonly folder?: string;
  /** Names of headers, parameters and JSON members that are secrets, too. Default none beside the known ones. */
  readonly redact?: readonly string[];
  /**
   * Request headers whose values are kept if a response depends on them by `Vary`, beside the known ones. Default none.
   */
  readonly keepHeaders?: readonly string[];
  /** The share of the responses that is compared, from 0 to 1. Default 1. */
  readonly share?: number;
}

export const DEFAULT_FOLDER = 'recordings';
