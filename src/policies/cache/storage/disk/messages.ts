import type { Purge, PurgeLabels } from '../../../../core/purge.ts';
import type { PurgePosition } from '../purge-clock.ts';

/** A record on its way into the file. */
export interface DiskWrite {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly labels: PurgeLabels;
  /** The purge position at the start of its request. */
  readonly position: PurgePosition;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface DiskPurge {
  readonly purge: Purge;
  /** Its number among the purges of this process. */
  readonly own: number;
}

/** What the thread is given when it starts. */
export interface DiskThreadData {
  readonly path: string;
  readonly size: number;
  /** Who this process is among those that have the file open. */
  readonly origin: string;
  /** An earlier thread of this process ran: a strange file now may belong to a newer version. */
  readonly again: boolean;
}

export type ToDisk =
  | { readonly kind: 'get'; readonly id: number; readonly key: string; readonly until: number }
  | { readonly kind: 'write'; readonly writes: readonly DiskWrite[] }
  | { readonly kind: 'delete'; readonly key: string }
  | ({ readonly kind: 'purge' } & DiskPurge)
  | { readonly kind: 'close' };

export type FromDisk =
  /** The file can be used. `emptied` says why it is empty, where it was not to be. */
  | { readonly kind: 'opened'; readonly epoch: number; readonly emptied: string | undefined }
  | {
      readonly kind: 'got';
      readonly id: number;
      readonly hit: { readonly bytes: Uint8Array; readonly soft: boolean } | undefined;
    }
  | { readonly kind: 'written'; readonly kept: boolean; readonly epoch: number }
  | { readonly kind: 'purged'; readonly own: number; readonly epoch: number }
  | { readonly kind: 'failed'; readonly why: string };
