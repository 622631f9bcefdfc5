import type { RecordedBody } from './recorded-body.ts';

/** A recorded response, without its secrets. */
export interface RecordedResponse {
  readonly status: number;
  /** `Name: value` in the order of the response. */
  readonly headers: readonly string[];
  /** The whole body, without content encoding. */
  readonly body?: RecordedBody;
  /** Fields behind the last byte (RFC 9110 §6.5). */
  readonly trailers?: readonly string[];
  /** The parts of a stream in place of a body, with their times. */
  readonly events?: readonly RecordedEvent[];
  /** What the backend sent over a WebSocket. */
  readonly messages?: readonly RecordedMessage[];
  /** Whether the backend ended the stream or the WebSocket; otherwise its client left. */
  readonly ends?: true;
}

export interface RecordedEvent {
  /** Milliseconds since the part before it, in steps of 100. */
  readonly wait: number;
  readonly text: string;
}

export type RecordedMessage = {
  /** Milliseconds since the message before it, of the client's or its own, in steps of 100. */
  readonly wait: number;
  /** The number of messages of the client that had come before. */
  readonly after: number;
} & MessageContent;

export type MessageContent =
  | { readonly text: string }
  | { readonly base64: string }
  /** The status code of a close frame (RFC 6455 §7.4); 0 for none. */
  | { readonly close: number; readonly reason?: string };

/** One response of a file, with its place in the recording. */
export interface RecordedTake {
  /**
   * How many requests that change something its service had got before; one number for each time it was sent in a row.
   */
  readonly position: number | readonly number[];
  readonly response: RecordedResponse;
}

export function positionsOf({ position }: RecordedTake): readonly number[] {
  return typeof position === 'number' ? [position] : position;
}
