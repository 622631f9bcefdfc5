import type { Purge, PurgeLabels } from '../../../../core/purge.ts';
import type { PurgePosition } from '../purge-clock.ts';

/** A record for the file. */
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

/** The start data of the thread. */
export interface DiskThreadData {
  readonly path: string;
  readonly size: number;
  /** Identifies this process among those that share the file. */
  readonly origin: string;
  /** An earlier thread of this process has run, so an unknown file now may belong to a newer version. */
  readonly again: boolean;
}

export type ToDisk =
  | { readonly kind: 'get'; readonly id: number; readonly key: string; readonly until: number }
  | { readonly kind: 'write'; readonly writes: readonly DiskWrite[] }
  | { readonly kind: 'delete'; readonly key: string }
  | ({ readonly kind: 'purge' } & DiskPurge)
  | { readonly kind: 'close' };

export type FromDisk =
  /** The file is usable. `emptied` is the reason if it is unexpectedly empty. */
  | { readonly kind: 'opened'; readonly epoch: number; readonly emptied: string | undefined }
  | {
      readonly kind: 'got';
      readonly id: number;
      readonly hit: { readonly bytes: Uint8Array; readonly soft: boolean } | undefined;
    }
  | { readonly kind: 'written'; readonly kept: boolean; readonly epoch: number }
  | { readonly kind: 'purged'; readonly own: number; readonly epoch: number }
  | { readonly kind: 'failed'; readonly why: string };
