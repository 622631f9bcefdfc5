/** The end of sessions before their time: of one, of those of a session at the identity provider, or of a user. */
export interface SessionEnd {
  readonly of: 'session' | 'provider-session' | 'user';
  /** The id, or the label of the provider's session or of the user. */
  readonly key: string;
  /** In milliseconds since the epoch: sessions of a user that begin later go on. */
  readonly at: number;
}

/** Tells the other processes of a gateway about ended sessions. */
export interface SessionNews {
  publish(end: SessionEnd): void;
  /** The listener also receives ends of the past that still matter. */
  subscribe(listener: (end: SessionEnd) => void): void;
}
