/** The end of sessions before their time: of one, of those of a session at the provider, of a user, or of everybody. */
export interface SessionEnd {
  readonly of: 'session' | 'provider-session' | 'user' | 'everybody';
  /** The id, or the label of the provider's session or of the user; `*` for everybody. */
  readonly key: string;
  /** In milliseconds since the epoch: sessions of a user, or of everybody, that begin later go on. */
  readonly at: number;
}

/** Tells the other processes of a gateway about ended sessions. */
export interface SessionNews {
  publish(end: SessionEnd): void;
  /** The listener also receives ends of the past that still matter. */
  subscribe(listener: (end: SessionEnd) => void): void;
}
