/** Fields of a client's request that a part of an aggregate does not get. */
export interface WithheldFields {
  /** The route's label. */
  readonly route: string;
  readonly part: string;
  readonly service: string;
  /** Names of headers, and of cookies as `cookie sid`; each is reported once for each part. */
  readonly names: readonly string[];
}

/** Receives withheld fields: the log of `dev`. */
export type WithheldListener = (news: WithheldFields) => void;
