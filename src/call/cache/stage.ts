import { discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { CacheExplanation } from '../../core/explanation.ts';
import { asFailure, type GatewayError, precomputed } from '../../core/failure.ts';
import type { Handler, Stage } from '../../core/handler.ts';
import { ABOUT_ONES_COPY } from '../../core/headers/conditional.ts';
import { FieldNames, type HeaderList } from '../../core/headers/header-list.ts';
import type { CacheResult } from '../../core/ports/meter.ts';
import type { Reply } from '../../core/reply.ts';
import { settle } from '../../core/settle.ts';
import { Abroad } from './abroad.ts';
import type { StoredReply } from './entry.ts';
import { explained } from './explain.ts';
import { abandon, awaitLanding, type Flight, Flights, type Known, type Landing } from './flight.ts';
import { Intake, type Taken } from './intake.ts';
import { type Asking, type CachePolicy, forBrowsers } from './judge.ts';
import { isSameVariant, sharedQuestion } from './key.ts';
import { type CacheParts, Library, type Lookup } from './library.ts';
import {
  type Asked,
  controlOf,
  isFresh,
  isUsable,
  moveFromMissing,
  moveFromStored,
  notForCaches,
  whyAsked,
} from './move.ts';
import { Rests } from './refresh.ts';
import { represented, representedPart } from './representation.ts';
import { canResume } from './resume.ts';
import { type CacheVerdict, cacheStatus, cacheWord, type ForwardedBecause } from './status.ts';
import type { WhyNot } from './storable.ts';
import { unfailing } from './unfailing.ts';
import { canValidate, contradicts, freshenedHeaders } from './validate.ts';

/** How often one request looks again after others changed what is stored, before it asks for itself. */
const MOST_LOOKS = 4;

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
    asks: x => (notForCaches(policy, x) === undefined ? sharedQuestion(policy.key, x) : x),
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

/** One look at what is stored, for one request. */
interface Look extends Asked {
  /** How many looks came before. */
  readonly looks: number;
}

interface SiteOptions {
  readonly policy: CachePolicy;
  readonly parts: CacheParts;
  readonly library: Library;
  readonly count: (result: CacheResult) => void;
  readonly next: Handler;
}

class CacheSite {
  readonly #policy: CachePolicy;
  readonly #parts: CacheParts;
  readonly #library: Library;
  readonly #intake: Intake;
  readonly #flights: Flights;
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
    return this.aged(x, found.entry, found.entry, { kind: 'hit', ttlSeconds: ttlOf(found.entry, now) });
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

  private lookAgain({ x, control, looks }: Look): Reply | Promise<Reply> {
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
        return this.head(x, key, entry);
      case 'bypass':
        return this.pass(x, 'bypass');
      case 'pass':
        return this.pass(x, whyAsked(look, entry, now));
      case 'fetch':
        return this.fetch(look, key, whyAsked(look, entry, now), entry);
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
        return this.pass(look.x, why);
      case 'unstored':
        return this.pass(look.x, 'request');
      case 'fetch':
        return this.fetch(look, found.key, why, undefined);
    }
  }

  private hit(x: Exchange, entry: StoredReply, now: number): Reply {
    this.#count('hit');
    return this.stored(x, entry, { kind: 'hit', ttlSeconds: ttlOf(entry, now) });
  }

  private stale(x: Exchange, entry: StoredReply, verdict: CacheVerdict): Reply {
    this.#count('stale');
    return this.stored(x, entry, verdict);
  }

  /** Asks again behind the client's back. */
  private refresh(x: Exchange, key: string, entry: StoredReply, now: number): void {
    if (this.#flights.at(key) !== undefined || !this.#rests.begin(entry, now)) return;
    const asked = sharedQuestion(this.#policy.key, x).with({ earlyHints: undefined });
    const flight = this.#flights.lead(key, asked, knownOf(entry));
    const { refreshes } = this.#parts;
    flight.landing.then(
      () => refreshes.done(),
      () => refreshes.done(),
    );
    abandon(flight);
  }

  /** Asks the backend for this client alone; what its answer allows to be stored is stored. */
  private pass(x: Exchange, why: ForwardedBecause): Reply | Promise<Reply> {
    this.#count('bypass');
    const asking = this.#library.asking();
    return settle(
      () => this.#next(x),
      reply => this.passed(x, reply, asking, why),
      failure => {
        throw this.told(failure, { kind: 'forwarded', why, detail: failure.code });
      },
    );
  }

  private passed(x: Exchange, reply: Reply, asking: Asking, why: ForwardedBecause): Reply {
    const taken = this.tee(x, reply, asking);
    const verdict = { kind: 'forwarded', why, status: reply.status } as const;
    if (taken === undefined) return this.marked(x, reply, verdict);
    if (typeof taken === 'string') return this.marked(x, reply, { ...verdict, detail: taken });
    return this.marked(x, { ...reply, body: taken.content.attach() ?? reply.body }, { ...verdict, stored: true });
  }

  /** Stores what was asked for one client, where its answer is for all. */
  private tee(x: Exchange, reply: Reply, asking: Asking): Taken | WhyNot | undefined {
    const isStorable = x.method === 'GET' && notForCaches(this.#policy, x) === undefined;
    if (!isStorable || isConditional(x.headers) || this.isUnkept(x)) return undefined;
    if (reply.status === 206) return this.#intake.takePart(x, reply, asking);
    return this.#intake.take(x, reply, asking, () => {});
  }

  private isUnkept(x: Exchange): boolean {
    return controlOf(this.#policy, x)?.noStore === true;
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
    return this.aged(x, reply, part, { kind: 'hit', ttlSeconds: ttlOf(part, now) });
  }

  /** A HEAD that memory cannot answer; what the backend says of the representation counts for what is stored (RFC 9111 §4.3.5). */
  private head(x: Exchange, key: string, entry: StoredReply): Reply | Promise<Reply> {
    const asking = this.#library.asking();
    return settle(
      () => this.pass(x, 'stale'),
      reply => {
        if (contradicts(reply, entry)) this.#library.drop(key);
        else if (reply.status === 200 && entry.status === 200) this.freshen(x, entry, reply, asking);
        return reply;
      },
      failure => this.orStale(x, failure, entry),
    );
  }

  private freshen(x: Exchange, entry: StoredReply, reply: Reply, asking: Asking): void {
    const headers = freshenedHeaders(entry.headers, reply.headers, this.#intake.personal);
    this.#intake.take(x.with({ method: 'GET' }), { status: 200, headers, body: entry.body }, asking, () => {});
  }

  private fetch(look: Look, key: string, why: ForwardedBecause, entry: StoredReply | undefined): Promise<Reply> {
    const isAlone = entry?.alone === true || why === 'request' || look.looks >= MOST_LOOKS;
    const running = isAlone ? undefined : this.#flights.at(key);
    if (running !== undefined) return this.land(look, running, { why, entry, isOwn: false });
    const asked = sharedQuestion(this.#policy.key, look.x);
    const known = entry === undefined ? this.knownBeside(look.x, why) : knownOf(entry);
    const flight = isAlone ? this.#flights.alone(asked, known) : this.#flights.lead(key, asked, known);
    return this.land(look, flight, { why, entry, isOwn: true });
  }

  private knownBeside(x: Exchange, why: ForwardedBecause): Known {
    const part = why === 'uri-miss' || why === 'vary-miss' ? this.#library.findPart(x) : undefined;
    return {
      candidates: why === 'vary-miss' ? this.#library.siblings(x) : [],
      part: part !== undefined && canResume(part) && isFresh(part, this.#parts.clock.now()) ? part : undefined,
    };
  }

  private async land(look: Look, flight: Flight, trip: Trip): Promise<Reply> {
    const { x } = look;
    let landing: Landing;
    try {
      landing = await awaitLanding(flight, x);
    } catch (thrown) {
      if (trip.isOwn) abandon(flight);
      return this.orStale(x, asFailure(thrown), trip.entry);
    }
    if (landing.kind === 'elsewhere') return this.fromElsewhere(look, flight, landing.entry, trip);
    if (landing.kind === 'own') return this.unshared(look, flight, landing, trip);
    return this.shared(look, flight, landing, trip);
  }

  private fromElsewhere(look: Look, { asked }: Flight, entry: StoredReply, { why }: Trip): Reply | Promise<Reply> {
    const { x } = look;
    if (!isSameVariant(entry.names, asked.headers, x.headers) || this.#library.isPurged(entry))
      return this.lookAgain(look);
    this.#count('miss');
    return this.stored(x, entry, { kind: 'forwarded', why, collapsed: true });
  }

  private shared(
    look: Look,
    { asked }: Flight,
    { taken, said }: Extract<Landing, { kind: 'taken' }>,
    { why, isOwn }: Trip,
  ): Reply | Promise<Reply> {
    const { x } = look;
    const { head, content } = taken;
    if (!isSameVariant(head.names, asked.headers, x.headers)) {
      // Its Vary names what was left out of the shared question (a cookie), or another follower's variant was asked for.
      const isAskable = isSameVariant(head.names, sharedQuestion(this.#policy.key, x).headers, x.headers);
      return isAskable && !isOwn ? this.lookAgain(look) : this.pass(x, 'bypass');
    }
    // Who came after a purge is not given what was asked for before it.
    if (!isOwn && this.#library.isPurged(head)) return this.lookAgain(look);
    const body = content.attach();
    if (body === undefined) return this.pass(x, 'bypass');
    this.#count(said === undefined ? 'revalidated' : 'miss');
    const status = said === undefined ? 304 : head.status;
    const verdict: CacheVerdict = { kind: 'forwarded', why, status, stored: true, collapsed: !isOwn };
    const { origins } = head;
    if (isOwn && said !== undefined) {
      return this.marked(x, represented(x, { status: said.status, headers: said.headers, body, origins }), verdict);
    }
    return this.aged(x, represented(x, { status: head.status, headers: head.headers, body, origins }), head, verdict);
  }

  private unshared(
    look: Look,
    { asked }: Flight,
    { reply, refused }: Extract<Landing, { kind: 'own' }>,
    { why, entry, isOwn }: Trip,
  ): Reply | Promise<Reply> {
    const { x } = look;
    if (reply.status >= 500) {
      const stale = this.staleInstead(x, entry, reply);
      if (stale !== undefined) {
        if (isOwn) discard(reply.body, REPLACED);
        return stale;
      }
      // A backend that fails is not asked by everybody who waited for the one that asked.
      if (!isOwn) throw this.told(LEADER_FAILED, { kind: 'forwarded', why, status: reply.status, collapsed: true });
    }
    // It was asked for without what only this client knows, so it may be another answer than the client's own.
    const isStored = refused === undefined;
    const isImpersonal = isStored || !x.headers.has('cookie') || asked.headers.has('cookie');
    if (!isOwn || !isImpersonal) {
      if (isOwn) {
        discard(reply.body, REPLACED);
        this.#library.markUnshared(x, refused ?? 'cookie');
      }
      return isStored ? this.fetchAlone(look, why, entry) : this.pass(x, 'bypass');
    }
    this.#count('miss');
    const verdict: CacheVerdict = {
      kind: 'forwarded',
      why,
      status: reply.status,
      ...(isStored ? { stored: true } : { detail: refused }),
    };
    return this.marked(x, represented(x, reply), verdict);
  }

  /** The answer that was waited for has to be asked about before each use. */
  private fetchAlone(look: Look, why: ForwardedBecause, entry: StoredReply | undefined): Promise<Reply> {
    const asked = sharedQuestion(this.#policy.key, look.x);
    const flight = this.#flights.alone(asked, entry === undefined ? NOTHING_KNOWN : knownOf(entry));
    return this.land(look, flight, { why, entry, isOwn: true });
  }

  private staleInstead(x: Exchange, entry: StoredReply | undefined, { status }: Reply): Reply | undefined {
    if (entry === undefined || this.#parts.clock.now() >= (entry.lasting ? Number.POSITIVE_INFINITY : entry.sieUntil))
      return undefined;
    return this.stale(x, entry, { kind: 'forwarded', why: 'stale', status, detail: 'stale-if-error' });
  }

  /** A failure that brought no answer at all. */
  private orStale(x: Exchange, failure: GatewayError, entry: StoredReply | undefined): Reply {
    const isCovered = entry !== undefined && (entry.lasting || this.#parts.clock.now() < entry.brokenUntil);
    const why = entry === undefined ? 'uri-miss' : 'stale';
    const verdict: CacheVerdict = { kind: 'forwarded', why, detail: failure.code };
    if (!isCovered || failure.blame === 'client') throw this.told(failure, verdict);
    return this.stale(x, entry, verdict);
  }

  private stored(x: Exchange, entry: StoredReply, verdict: CacheVerdict): Reply {
    return this.aged(x, represented(x, entry), entry, verdict);
  }

  private aged(x: Exchange, reply: Reply, { bornAt }: { readonly bornAt: number }, verdict: CacheVerdict): Reply {
    const ageSeconds = Math.max(0, Math.floor((this.#parts.clock.now() - bornAt) / 1000));
    x.journal?.note('cache', cacheWord(verdict));
    const { status, headers, body, origins } = reply;
    const told = headers.forOneUse(['Age', String(ageSeconds), 'Cache-Status', cacheStatus(verdict)]);
    return origins === undefined ? { status, headers: told, body } : { status, headers: told, body, origins };
  }

  /** An answer as its backend gave it. */
  private marked(x: Exchange, reply: Reply, verdict: CacheVerdict): Reply {
    x.journal?.note('cache', cacheWord(verdict));
    const isStored = verdict.kind === 'forwarded' && verdict.stored === true;
    const headers: HeaderList = isStored ? forBrowsers(reply.headers, this.#policy) : reply.headers;
    return { ...reply, headers: headers.without(TARGETED_AT_US).set('Cache-Status', cacheStatus(verdict)) };
  }

  /** A part's failure is not the whole answer's: only a route's own cache speaks to the client. */
  private told(failure: GatewayError, verdict: CacheVerdict): GatewayError {
    return this.#policy.key.by === 'call' ? failure : failure.saying(['Cache-Status', cacheStatus(verdict)]);
  }
}

/** Why a request goes along with a flight, and what it has to fall back on. */
interface Trip {
  readonly why: ForwardedBecause;
  readonly entry: StoredReply | undefined;
  readonly isOwn: boolean;
}

const REPLACED = precomputed('client.gone', 'Another answer took its place');
const LEADER_FAILED = precomputed('upstream.status', 'The backend failed the one who asked first');
const ONLY_IF_CACHED = precomputed('cache.only_if_cached', 'What is asked for is not stored', {
  headers: ['Cache-Status', 'portico; detail=only-if-cached'],
});
const NOTHING_KNOWN: Known = { candidates: [], part: undefined };
const TARGETED_AT_US: ReadonlySet<string> = new Set(['portico-cache-control']);

function knownOf(entry: StoredReply): Known {
  return { candidates: canValidate(entry) ? [entry] : [], part: undefined };
}

function ttlOf({ freshUntil }: StoredReply, now: number): number {
  return Math.floor((freshUntil - now) / 1000);
}

function isConditional(headers: HeaderList): boolean {
  return headers.has('if-none-match') || headers.has('if-modified-since') || headers.has('if-range');
}
