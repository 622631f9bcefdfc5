import type { Exchange } from '../../core/exchange.ts';
import type { CacheExplanation } from '../../core/explanation.ts';
import { precomputed } from '../../core/failure.ts';
import type { Handler, Stage } from '../../core/handler.ts';
import { ABOUT_ONES_COPY } from '../../core/headers/conditional.ts';
import { FieldNames } from '../../core/headers/header-list.ts';
import type { CacheResult } from '../../core/ports/meter.ts';
import type { Reply } from '../../core/reply.ts';
import { settle } from '../../core/settle.ts';
import { Abroad } from './abroad.ts';
import type { StoredReply } from './entry.ts';
import { explained } from './explain.ts';
import { abandon, Flights } from './flight.ts';
import { Intake, type Taken } from './intake.ts';
import type { Asking, CachePolicy } from './judge.ts';
import { type CacheParts, Library, type Lookup } from './library.ts';
import {
  controlOf,
  hasOwnView,
  isFresh,
  isPersonal,
  isUsable,
  moveFromMissing,
  moveFromStored,
  notForCaches,
  whyAsked,
} from './move.ts';
import { answersGet } from './posted.ts';
import { Rests } from './refresh.ts';
import { representedPart } from './representation.ts';
import { askingPlain, saysMore } from './shared-question.ts';
import type { CacheVerdict, ForwardedBecause } from './status.ts';
import type { WhyNot } from './storable.ts';
import { Teller } from './telling.ts';
import { knownOf, type Look, MOST_LOOKS, Trips } from './trips.ts';
import { unfailing } from './unfailing.ts';
import { confirms, contradicts, freshenedHeaders } from './validate.ts';
import { variantNames } from './vary.ts';

/**
 * Do we already know? A hit answers at once, without a promise; equal misses become one call; a stale answer is given while it is asked
 * for again, and in place of a failure (RFC 9111, RFC 5861).
 */
export function cache(policy: CachePolicy, given: CacheParts, count: (result: CacheResult) => void): Caching {
  const parts = unfailing(given);
  const library = new Library(policy, parts);
  return {
    stage: next => {
      const site = new CacheSite({ policy, parts, library, count, next });
      return x => site.answer(x);
    },
    explain: x => explained({ policy, parts, library }, x),
    asks: x => (notForCaches(policy, x) === undefined ? library.question(x) : x),
  };
}

/** A call site's cache. */
interface Caching {
  readonly stage: Stage;
  /** What the stage would do; nothing is asked. */
  explain(x: Exchange): CacheExplanation;
  /** What would be asked below it. */
  asks(x: Exchange): Exchange;
}

interface SiteOptions {
  readonly policy: CachePolicy;
  readonly parts: CacheParts;
  readonly library: Library;
  readonly count: (result: CacheResult) => void;
  readonly next: Handler;
}

/** A question that was asked for one client, and its answer. */
interface Passage {
  readonly open: Exchange | undefined;
  readonly reply: Reply;
  readonly asking: Asking;
  /** Why what is answered here was not for sharing. */
  readonly refused: WhyNot | undefined;
}

class CacheSite {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #library: Library;
  readonly #intake: Intake;
  readonly #flights: Flights;
  readonly #trips: Trips;
  readonly #teller: Teller;
  readonly #rests: Rests;
  /** Fields that ask for something else than what is stored as it is. */
  readonly #unusual: FieldNames;
  readonly #count: (result: CacheResult) => void;
  readonly #next: Handler;

  constructor({ policy, parts, library, count, next }: SiteOptions) {
    this.#policy = policy;
    this.#parts = parts;
    this.#library = library;
    this.#intake = new Intake(policy, parts, this.#library);
    this.#flights = new Flights(this.#library, this.#intake, next, {
      asksPlain: policy.key.asksPlain,
      abroad: parts.flights && new Abroad(parts.flights, parts.clock),
    });
    this.#teller = new Teller(policy, parts.clock);
    this.#trips = new Trips({
      isNarrow: policy.key.narrow,
      hasOwnView: x => hasOwnView(policy, x),
      parts,
      library,
      flights: this.#flights,
      teller: this.#teller,
      count,
      site: this,
    });
    this.#rests = new Rests(parts.refreshes);
    const clients = policy.profile === 'rfc9111' ? ['cache-control', 'pragma'] : [];
    this.#unusual = new FieldNames([...ABOUT_ONES_COPY, 'authorization', ...clients]);
    this.#count = count;
    this.#next = next;
  }

  answer(x: Exchange): Reply | Promise<Reply> {
    return this.usualHit(x) ?? this.answerTo(x);
  }

  /** What most requests come to: a plain question whose answer is stored and fresh. A few comparisons, and no promise. */
  private usualHit(x: Exchange): Reply | undefined {
    if (x.method !== 'GET' || x.body.kind !== 'none' || x.headers.hasAny(this.#unusual)) return undefined;
    if (this.#policy.key.perUser && x.subject === undefined) return undefined;
    const found = this.#library.find(x);
    if (found.kind !== 'stored') return undefined;
    const now = this.#parts.clock.now();
    if (!isFresh(found.entry, now)) return undefined;
    this.#count('hit');
    return this.#teller.aged(x, found.entry, found.entry, { kind: 'hit', ttlSeconds: ttlOf(found.entry, now) });
  }

  private answerTo(x: Exchange): Reply | Promise<Reply> {
    const refusal = notForCaches(this.#policy, x);
    if (refusal !== undefined) return this.pass(x, refusal === 'method' ? 'method' : 'bypass');
    return this.look({ x, control: controlOf(this.#policy, x), looks: 0 });
  }

  private look(look: Look): Reply | Promise<Reply> {
    const found = this.#library.find(look.x);
    if (found.kind === 'stored') return this.fromStored(look, found.entry, found.key);
    const loading =
      this.#flights.at(found.key) === undefined && look.looks < MOST_LOOKS && this.#library.load(found.key);
    if (!loading) return this.missing(look, found);
    return loading.then(isLoaded => (isLoaded ? this.lookAgain(look) : this.missing(look, found)));
  }

  lookAgain({ x, control, looks }: Look): Reply | Promise<Reply> {
    return this.look({ x, control, looks: looks + 1 });
  }

  private fromStored(look: Look, entry: StoredReply, key: string): Reply | Promise<Reply> {
    const { x } = look;
    const now = this.#parts.clock.now();
    switch (moveFromStored(this.#policy, look, entry, now)) {
      case 'hit':
        return this.hit(x, entry, now);
      case 'stale-and-ask':
        this.refresh(x, key, entry, now);
        return this.stale(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
      case 'stale':
        return this.stale(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
      case 'refuse':
        throw ONLY_IF_CACHED;
      case 'head':
        return this.head(x, entry);
      case 'bypass':
        return this.pass(x, 'bypass');
      case 'pass':
        return this.pass(x, whyAsked(look, entry, now));
      case 'fetch':
        return this.#trips.fetch(look, key, whyAsked(look, entry, now), entry);
    }
  }

  private missing(look: Look, found: Exclude<Lookup, { kind: 'stored' }>): Reply | Promise<Reply> {
    const why = found.kind === 'absent' ? found.why : 'bypass';
    switch (moveFromMissing(this.#policy, look, found.kind)) {
      case 'piece':
        return this.piece(look, why);
      case 'refuse':
        throw ONLY_IF_CACHED;
      case 'pass':
        return found.kind === 'unshared' ? this.alone(look.x, why, found.why) : this.pass(look.x, why);
      case 'unstored':
        return this.pass(look.x, 'request');
      case 'fetch':
        return this.#trips.fetch(look, found.key, why, undefined);
    }
  }

  private hit(x: Exchange, entry: StoredReply, now: number): Reply {
    this.#count('hit');
    return this.#teller.stored(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
  }

  stale(x: Exchange, entry: StoredReply, verdict: CacheVerdict): Reply {
    this.#count('stale');
    return this.#teller.stored(x, entry, verdict);
  }

  /** Asks again behind the client's back. */
  private refresh(x: Exchange, key: string, entry: StoredReply, now: number): void {
    const service = x.call?.service.serviceName ?? this.#policy.service;
    if (this.#flights.at(key) !== undefined || !this.#rests.begin(service, entry, now)) return;
    const asked = this.#library.question(x, entry).with({ earlyHints: undefined });
    const flight = this.#flights.lead(key, asked, knownOf(entry));
    const { refreshes } = this.#parts;
    flight.landing.then(
      () => refreshes.done(service),
      () => refreshes.done(service),
    );
    abandon(flight);
  }

  /** Asks the backend for this client alone; what its answer allows to be stored is stored. */
  pass(x: Exchange, why: ForwardedBecause): Reply | Promise<Reply> {
    return this.send(x, why, { open: this.open(x), refused: undefined });
  }

  /** The same where responses are known not to be for others: the request is the client's own, whatever it says. */
  alone(x: Exchange, why: ForwardedBecause, refused: WhyNot | undefined): Reply | Promise<Reply> {
    const isMore = saysMore(x.headers, this.#library.question(x).headers, 'nothing');
    return this.send(x, why, { open: isMore ? undefined : this.open(x), refused });
  }

  private send(
    x: Exchange,
    why: ForwardedBecause,
    { open, refused }: Pick<Passage, 'open' | 'refused'>,
  ): Reply | Promise<Reply> {
    this.#count('bypass');
    const asking = this.#library.asking();
    return settle(
      () => this.#next(open === undefined ? x : this.#policy.key.asksPlain ? askingPlain(open) : open),
      reply => this.passed(x, { reply, open, asking, refused }, why),
      failure => {
        throw this.#teller.told(failure, { kind: 'forwarded', why, detail: failure.code });
      },
    );
  }

  /** The question as it may be asked for others, too; undefined where its answer is for this client only. */
  private open(x: Exchange): Exchange | undefined {
    const isOnes = notForCaches(this.#policy, x) !== undefined || controlOf(this.#policy, x)?.noStore === true;
    return isOnes ? undefined : this.#library.openQuestion(x);
  }

  private passed(x: Exchange, said: Passage, why: ForwardedBecause): Reply {
    const isForAll = said.open?.method === 'GET';
    const passage = isForAll ? { ...said, reply: this.#intake.recognisable(said.reply) } : said;
    const { reply, refused } = passage;
    const { clock } = this.#parts;
    if (answersGet(this.#policy, x, reply, { now: clock.now(), wall: clock.wall() })) return this.posted(x, reply, why);
    const taken = this.tee(passage) ?? refused;
    const verdict = { kind: 'forwarded', why, status: reply.status } as const;
    if (taken === undefined) return this.#teller.marked(x, reply, verdict);
    if (typeof taken === 'string') return this.#teller.marked(x, reply, { ...verdict, detail: taken });
    return this.#teller.marked(x, { ...reply, body: taken.content.first }, { ...verdict, stored: true });
  }

  /** Stores the response to a POST as one to GET, once what it made stale is purged: it is newer than that. */
  private posted(x: Exchange, reply: Reply, why: ForwardedBecause): Reply {
    const verdict = { kind: 'forwarded', why, status: reply.status } as const;
    const whenPurged = (): Reply => {
      const asked = this.#library.question(x);
      const taken = this.#intake.take(asked, reply, this.#library.asking(), () => {});
      if (typeof taken === 'string') return this.#teller.marked(x, reply, { ...verdict, detail: taken });
      return this.#teller.marked(x, { ...reply, body: taken.content.first }, { ...verdict, stored: true });
    };
    return { ...this.#teller.marked(x, reply, verdict), whenPurged };
  }

  /** Stores what was asked for one client, where its answer is for all. */
  private tee({ open, reply, asking }: Passage): Taken | WhyNot | undefined {
    if (open?.method !== 'GET') return undefined;
    if (reply.status === 206) return this.#intake.takePart(open, reply, asking);
    return this.#intake.take(open, reply, asking, () => {});
  }

  /** A request for a range of what is not stored whole: from the piece that is stored, else the backend's own piece. */
  private piece({ x, control }: Look, why: ForwardedBecause): Reply | Promise<Reply> {
    const now = this.#parts.clock.now();
    const part = x.method === 'GET' ? this.#library.findPart(x) : undefined;
    const reply = part !== undefined && isUsable({ control }, part, now) ? representedPart(x, part) : undefined;
    if (part === undefined || reply === undefined) {
      if (control?.onlyIfCached === true) throw ONLY_IF_CACHED;
      return this.pass(x, why);
    }
    this.#count('hit');
    return this.#teller.aged(x, reply, part, { kind: 'hit', ttlSeconds: ttlOf(part, now) });
  }

  /** A HEAD that memory cannot answer; what the backend says of the representation counts for what is stored (RFC 9111 §4.3.5). */
  private head(x: Exchange, entry: StoredReply): Reply | Promise<Reply> {
    const asking = this.#library.asking();
    return settle(
      () => this.pass(x, 'stale'),
      reply => {
        if (this.speaksForAll(x) && contradicts(reply, entry)) this.#library.withdraw(x, variantNames(reply.headers));
        else if (confirms(reply, entry)) this.freshen(x, entry, reply, asking);
        return reply;
      },
      failure => this.#trips.orStale(x, failure, entry),
    );
  }

  /** Whether what a backend says to this client it would have said to anybody. */
  private speaksForAll(x: Exchange): boolean {
    return this.open(x) !== undefined && !isPersonal(this.#policy, x);
  }

  private freshen(x: Exchange, entry: StoredReply, reply: Reply, asking: Asking): void {
    const open = this.open(x);
    if (open === undefined) return;
    const headers = freshenedHeaders(entry.headers, reply.headers, this.#intake.personal);
    this.#intake.take(open.with({ method: 'GET' }), { status: 200, headers, body: entry.body }, asking, () => {});
  }
}

const ONLY_IF_CACHED = precomputed('cache.only_if_cached', 'What is asked for is not stored', {
  headers: ['Cache-Status', 'portico; detail=only-if-cached'],
});
function ttlOf({ freshUntil }: StoredReply, now: number): number {
  return Math.floor((freshUntil - now) / 1000);
}
