import type { Clock } from '../core/ports/clock.ts';
import type { FetchOver } from '../core/ports/sibling-fetches.ts';
import type { ClaimSettled, EncodedEntry } from './messages.ts';

/** A fetch that takes longer is no reason for others to wait. */
export const CLAIM_MS = 5_000;

/** How long after its fetch a worker hands over the entry, for requests that come to another worker late. */
export const RECENT_MS = 1_000;

/** Beyond it nobody waits. */
const MAX_CLAIMS = 10_000;
/** The most entries on their way at once, which bounds the memory for them. */
const MAX_HANDING = 32;
/** The number of claims of each state that are checked for their age with each new one. */
const SWEPT = 4;

/** A worker as the primary talks to it. */
export interface Claimant {
  /** Workers of one load of the routes have the same policies, so only they share. */
  readonly load: number;
  claimed(requestId: number, claimId: number | undefined): void;
  settled(requestId: number, found: ClaimSettled): void;
  handOver(claimId: number): void;
}

interface Waiting {
  readonly worker: Claimant;
  readonly requestId: number;
}

interface FetchClaim {
  readonly id: number;
  readonly key: string;
  readonly holder: Claimant;
  /** The number of purges before it. */
  readonly purges: number;
  until: number;
  isStored: boolean;
  isHanding: boolean;
  waiting: Waiting[];
}

/**
 * In the primary: which worker fetches what, and who waits for it. Workers that wait have a time limit of their own, so
 * that a primary that hangs delays them no longer than that.
 */
export class FetchClaims {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, FetchClaim>();
  readonly #byId = new Map<number, FetchClaim>();
  /** In the order in which they end: all claims of one state last equally long. */
  readonly #fetching = new Set<FetchClaim>();
  readonly #stored = new Set<FetchClaim>();
  #lastId = 0;
  #purges = 0;
  #handing = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of claims that are remembered. */
  get size(): number {
    return this.#byId.size;
  }

  claim(worker: Claimant, requestId: number, name: string): void {
    this.#sweep();
    const key = `${worker.load} ${name}`;
    const known = this.#byKey.get(key);
    if (known !== undefined && this.#serves(known, worker)) {
      known.waiting.push({ worker, requestId });
      worker.claimed(requestId, undefined);
      if (known.isStored) this.#handOver(known);
      return;
    }
    if (this.#byId.size >= MAX_CLAIMS) {
      worker.settled(requestId, { kind: 'alone' });
      return;
    }
    const claim: FetchClaim = {
      id: this.#lastId++,
      key,
      holder: worker,
      purges: this.#purges,
      until: this.#clock.now() + CLAIM_MS,
      isStored: false,
      isHanding: false,
      waiting: [],
    };
    this.#byKey.set(key, claim);
    this.#byId.set(claim.id, claim);
    this.#fetching.add(claim);
    worker.claimed(requestId, claim.id);
  }

  /** The fetch of a claim has ended. */
  over(worker: Claimant, id: number, result: FetchOver): void {
    const claim = this.#byId.get(id);
    if (claim?.holder !== worker) return;
    if (result !== 'stored') {
      this.#end(claim, { kind: result === 'unshared' ? 'unshared' : 'alone' });
      return;
    }
    claim.isStored = true;
    this.#fetching.delete(claim);
    this.#stored.delete(claim);
    this.#stored.add(claim);
    claim.until = this.#clock.now() + RECENT_MS;
    if (claim.waiting.length > 0) this.#handOver(claim);
  }

  /** @param entries undefined if the worker has nothing to hand over. */
  handed(worker: Claimant, id: number, entries: readonly EncodedEntry[] | undefined): void {
    const claim = this.#byId.get(id);
    if (claim?.holder !== worker || !claim.isHanding) return;
    this.#handing--;
    claim.isHanding = false;
    if (entries === undefined) this.#end(claim, { kind: 'alone' });
    else this.#settle(claim, { kind: 'stored', entries });
  }

  /**
   * A response whose fetch began before a purge is none for a request after it. Who waits claims once more, so that
   * they are one call again.
   */
  purged(): void {
    this.#purges++;
    for (const claim of this.#byId.values()) if (claim.waiting.length > 0) this.#end(claim, { kind: 'again' });
  }

  /** A worker has died: nobody waits for it. */
  gone(worker: Claimant): void {
    for (const claim of this.#byId.values()) {
      if (claim.holder === worker) this.#end(claim, { kind: 'alone' });
      else claim.waiting = claim.waiting.filter(each => each.worker !== worker);
    }
  }

  /** A worker that claims its own key again has lost the response. */
  #serves({ holder, until, purges }: FetchClaim, worker: Claimant): boolean {
    return holder !== worker && purges === this.#purges && until > this.#clock.now();
  }

  #handOver(claim: FetchClaim): void {
    if (claim.isHanding) return;
    if (this.#handing >= MAX_HANDING) {
      this.#settle(claim, { kind: 'alone' });
      return;
    }
    this.#handing++;
    claim.isHanding = true;
    claim.holder.handOver(claim.id);
  }

  #settle(claim: FetchClaim, found: ClaimSettled): void {
    const { waiting } = claim;
    claim.waiting = [];
    for (const { worker, requestId } of waiting) worker.settled(requestId, found);
  }

  #end(claim: FetchClaim, found: ClaimSettled): void {
    if (claim.isHanding) this.#handing--;
    claim.isHanding = false;
    this.#byId.delete(claim.id);
    this.#fetching.delete(claim);
    this.#stored.delete(claim);
    if (this.#byKey.get(claim.key) === claim) this.#byKey.delete(claim.key);
    this.#settle(claim, found);
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const claims of [this.#fetching, this.#stored]) {
      let looked = 0;
      for (const claim of claims) {
        if (looked++ === SWEPT || claim.until > now) break;
        this.#end(claim, { kind: 'alone' });
      }
    }
  }
}
