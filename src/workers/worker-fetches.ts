import { systemClock } from '../core/ports/clock.ts';
import type { HandedEntry, SiblingClaim, SiblingFetches } from '../core/ports/sibling-fetches.ts';
import { StallTolerantTimer } from '../core/stall-tolerant-timer.ts';
import { CLAIM_MS, RECENT_MS } from './fetch-claims.ts';
import { type ClaimSettled, type EncodedEntry, isOurs, type ToPrimary } from './messages.ts';

/** A primary that hangs is not sent more. */
const MAX_PENDING = 1_000;
/** The time limit of a claim. It is no part of a hit, and a primary that accepts a burst of connections is busy. */
const ANSWER_MS = 500;
/** How long a primary that did not respond is left alone. */
const SILENT_MS = 5_000;
/** The most fetches whose entry may be handed over. */
const MAX_HANDABLE = 1_000;

interface Pending {
  /** When it stops waiting, on the monotonic clock. */
  readonly until: number;
  timer: StallTolerantTimer;
  resolve(claim: SiblingClaim): void;
}

const ALONE: SiblingClaim = { kind: 'alone' };

/** The fetches of a worker: its primary knows what the other workers fetch. */
export class WorkerFetches implements SiblingFetches {
  readonly #pending = new Map<number, Pending>();
  /** By the number of their claim. */
  readonly #handable = new Map<number, () => readonly HandedEntry[]>();
  #lastRequestId = 0;
  #silentUntil = 0;
  #isListening = false;

  claim(key: string, patienceMs: number): Promise<SiblingClaim> {
    if (!process.connected || process.send === undefined) return Promise.resolve(ALONE);
    if (this.#pending.size >= MAX_PENDING || systemClock.now() < this.#silentUntil) return Promise.resolve(ALONE);
    this.#listen();
    const requestId = this.#lastRequestId++;
    const { promise, resolve } = Promise.withResolvers<SiblingClaim>();
    const now = systemClock.now();
    const timer = new StallTolerantTimer(systemClock, Math.min(ANSWER_MS, patienceMs), () => {
      // A shorter time says nothing about the primary.
      if (patienceMs >= ANSWER_MS) this.#silentUntil = systemClock.now() + SILENT_MS;
      this.#settle(requestId, ALONE);
    });
    this.#pending.set(requestId, { until: now + Math.min(CLAIM_MS, patienceMs), timer, resolve });
    tell({ kind: 'portico.claim', requestId, key }, () => this.#settle(requestId, ALONE));
    return promise;
  }

  /** A worker without stored responses does not listen. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    process.on('message', message => {
      if (!isOurs(message)) return;
      if (message.kind === 'portico.claimed') this.#claimed(message.requestId, message.claimId);
      else if (message.kind === 'portico.settled') this.#settle(message.requestId, claimOf(message.found));
      else if (message.kind === 'portico.hand-over') this.#handOver(message.claimId);
    });
  }

  #claimed(requestId: number, claimId: number | undefined): void {
    const pending = this.#pending.get(requestId);
    if (claimId === undefined) {
      if (pending === undefined) return;
      pending.timer.cancel();
      const leftMs = Math.max(0, pending.until - systemClock.now());
      pending.timer = new StallTolerantTimer(systemClock, leftMs, () => this.#settle(requestId, ALONE));
      return;
    }
    // The response came too late, so nobody may wait for this fetch.
    if (pending === undefined) tell({ kind: 'portico.fetched', claimId, result: 'nothing' });
    else this.#settle(requestId, this.#ours(claimId));
  }

  #ours(claimId: number): SiblingClaim {
    return {
      kind: 'ours',
      over: (result, entries) => {
        if (result === 'stored') this.#keepHandable(claimId, entries);
        tell({ kind: 'portico.fetched', claimId, result });
      },
    };
  }

  #keepHandable(claimId: number, entries: () => readonly HandedEntry[]): void {
    const [oldest] = this.#handable.keys();
    if (this.#handable.size >= MAX_HANDABLE && oldest !== undefined) this.#handable.delete(oldest);
    this.#handable.set(claimId, entries);
    systemClock.after(RECENT_MS * 2, () => this.#handable.delete(claimId)).unref?.();
  }

  #handOver(claimId: number): void {
    const entries = this.#handable.get(claimId)?.() ?? [];
    tell({ kind: 'portico.handed', claimId, ...(entries.length > 0 && { entries: entries.map(encoded) }) });
  }

  #settle(requestId: number, claim: SiblingClaim): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return;
    this.#pending.delete(requestId);
    pending.timer.cancel();
    pending.resolve(claim);
  }
}

function claimOf(found: ClaimSettled): SiblingClaim {
  return found.kind === 'stored' ? { kind: 'stored', entries: found.entries.map(decoded) } : found;
}

function encoded({ key, bytes }: HandedEntry): EncodedEntry {
  return { key, base64: bytes.toString('base64') };
}

function decoded({ key, base64 }: EncodedEntry): HandedEntry {
  return { key, bytes: Buffer.from(base64, 'base64') };
}

function tell(message: ToPrimary, failed?: () => void): void {
  // Without a channel the primary has died, and this process will exit too.
  if (!process.connected || process.send === undefined) {
    failed?.();
    return;
  }
  process.send(message, undefined, {}, error => {
    if (error !== null) failed?.();
  });
}
