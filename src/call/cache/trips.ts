import { discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { asFailure, type GatewayError, precomputed } from '../../core/failure.ts';
import { namesInVary } from '../../core/headers/vary.ts';
import type { CacheResult } from '../../core/ports/meter.ts';
import type { Reply } from '../../core/reply.ts';
import { isTransient } from '../../core/transient.ts';
import type { StoredReply } from './entry.ts';
import { abandon, awaitLanding, type Flight, type Flights, type Known, type Landing } from './flight.ts';
import { isSameVariant } from './key.ts';
import type { CacheParts, Library } from './library.ts';
import { type Asked, isFresh } from './move.ts';
import { represented } from './representation.ts';
import { canResume } from './resume.ts';
import { saysMore } from './shared-question.ts';
import type { CacheVerdict, ForwardedBecause } from './status.ts';
import type { WhyNot } from './storable.ts';
import type { Teller } from './telling.ts';
import { canValidate } from './validate.ts';

/** How often one request looks again after others changed what is stored, before it asks for itself. */
export const MOST_LOOKS = 4;

/** One look at what is stored, for one request. */
export interface Look extends Asked {
  /** How many looks came before. */
  readonly looks: number;
}

/** Why a request goes along with a flight, and what it has to fall back on. */
interface Trip {
  readonly why: ForwardedBecause;
  readonly entry: StoredReply | undefined;
  readonly isOwn: boolean;
}

/** What a trip may come back to. */
interface Site {
  lookAgain(look: Look): Reply | Promise<Reply>;
  pass(x: Exchange, why: ForwardedBecause): Reply | Promise<Reply>;
  alone(x: Exchange, why: ForwardedBecause, refused: WhyNot | undefined): Reply | Promise<Reply>;
  stale(x: Exchange, entry: StoredReply, verdict: CacheVerdict): Reply;
}

export interface TripOptions {
  /** Whether responses are made by a team's own functions. */
  readonly isNarrow: boolean;
  /** Whether what is asked about before each use may be another response for this client. */
  readonly hasOwnView: (x: Exchange) => boolean;
  readonly parts: CacheParts;
  readonly library: Library;
  readonly flights: Flights;
  readonly teller: Teller;
  readonly count: (result: CacheResult) => void;
  readonly site: Site;
}

/** Requests that go along with a call that is made for everybody, from joining it to what it comes to for each of them. */
export class Trips {
  readonly #isNarrow: boolean;
  readonly #hasOwnView: (x: Exchange) => boolean;
  readonly #parts: CacheParts;
  readonly #library: Library;
  readonly #flights: Flights;
  readonly #teller: Teller;
  readonly #count: (result: CacheResult) => void;
  readonly #site: Site;

  constructor({ isNarrow, hasOwnView, parts, library, flights, teller, count, site }: TripOptions) {
    this.#isNarrow = isNarrow;
    this.#hasOwnView = hasOwnView;
    this.#parts = parts;
    this.#library = library;
    this.#flights = flights;
    this.#teller = teller;
    this.#count = count;
    this.#site = site;
  }

  fetch(look: Look, key: string, why: ForwardedBecause, entry: StoredReply | undefined): Promise<Reply> {
    const isAlone = entry?.alone === true || why === 'request' || look.looks >= MOST_LOOKS;
    const asked = this.#library.question(look.x, entry);
    // Who asks the same goes along, whatever else of the two differs.
    const meeting = entry === undefined ? this.#library.find(asked).key : key;
    const running = isAlone ? undefined : this.#flights.at(meeting);
    if (running !== undefined) return this.land(look, running, { why, entry, isOwn: false });
    const known = entry === undefined ? this.knownBeside(look.x, why) : knownOf(entry);
    const flight = isAlone ? this.#flights.alone(asked, known) : this.#flights.lead(meeting, asked, known);
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
    const isOurs = isSameVariant(entry.names, asked.headers, x.headers) && !this.#library.isPurged(entry);
    // What another machine has to ask about before each use, this one has to ask about, too.
    if (!isOurs || !isFresh(entry, this.#parts.clock.now())) return this.#site.lookAgain(look);
    this.#count('miss');
    return this.#teller.stored(x, entry, { kind: 'forwarded', why, collapsed: true });
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
      // Its Vary names what was left out of the shared question, or another follower's variant was asked for.
      if (isOwn) discard(content.first, REPLACED);
      return this.askedOtherwise(look, namesInVary(head.headers));
    }
    // Who came after a purge is not given what was asked for before it.
    if (!isOwn && this.#library.isPurged(head)) return this.#site.lookAgain(look);
    const body = isOwn ? content.first : content.attach();
    if (body === undefined) return this.#site.pass(x, 'bypass');
    this.#count(said === undefined ? 'revalidated' : 'miss');
    const status = said === undefined ? 304 : head.status;
    const verdict: CacheVerdict = { kind: 'forwarded', why, status, stored: true, collapsed: !isOwn };
    const { origins } = head;
    if (isOwn && said !== undefined) {
      return this.#teller.marked(
        x,
        represented(x, { status: said.status, headers: said.headers, body, origins }),
        verdict,
      );
    }
    return this.#teller.aged(
      x,
      represented(x, { status: head.status, headers: head.headers, body, origins }),
      head,
      verdict,
    );
  }

  private unshared(
    look: Look,
    { asked }: Flight,
    { reply, refused }: Extract<Landing, { kind: 'own' }>,
    { why, entry, isOwn }: Trip,
  ): Reply | Promise<Reply> {
    const { x } = look;
    if (isTransient(reply.status)) {
      const stale = this.staleInstead(x, entry, reply);
      if (stale !== undefined) {
        if (isOwn) discard(reply.body, REPLACED);
        return stale;
      }
      // A backend that fails is not asked by everybody who waited for the one that asked.
      if (!isOwn)
        throw this.#teller.told(leadersFailure(reply), {
          kind: 'forwarded',
          why,
          status: reply.status,
          collapsed: true,
        });
    }
    const isStored = refused === undefined;
    if (isStored && this.#hasOwnView(x)) {
      if (isOwn) discard(reply.body, REPLACED);
      return this.#site.pass(x, 'bypass');
    }
    if (!isOwn) return isStored ? this.fetchAlone(look, why, entry) : this.#site.alone(x, 'bypass', refused);
    const said = namesInVary(reply.headers);
    if (isStored && !isSameVariant(said, asked.headers, x.headers)) {
      discard(reply.body, REPLACED);
      return this.askedOtherwise(look, said);
    }
    if (!isStored && this.isAnothers(x, asked, reply)) {
      discard(reply.body, REPLACED);
      return this.#site.alone(x, 'bypass', refused);
    }
    this.#count('miss');
    const verdict: CacheVerdict = {
      kind: 'forwarded',
      why,
      status: reply.status,
      ...(isStored ? { stored: true } : { detail: refused }),
    };
    return this.#teller.marked(x, represented(x, reply), verdict);
  }

  /**
   * The response is to another request than this client's. Where what it depends on may be sent for everybody, it is by now; else it is sent
   * for this client alone.
   */
  private askedOtherwise(look: Look, names: readonly string[]): Reply | Promise<Reply> {
    const { x, looks } = look;
    const isAskable = looks < MOST_LOOKS && isSameVariant(names, this.#library.question(x).headers, x.headers);
    return isAskable ? this.#site.lookAgain(look) : this.#site.alone(x, 'bypass', undefined);
  }

  /** The answer that was waited for has to be asked about before each use. */
  private fetchAlone(look: Look, why: ForwardedBecause, entry: StoredReply | undefined): Promise<Reply> {
    const asked = this.#library.question(look.x, entry);
    const flight = this.#flights.alone(asked, entry === undefined ? NOTHING_KNOWN : knownOf(entry));
    return this.land(look, flight, { why, entry, isOwn: true });
  }

  /**
   * Whether a response that is nobody else's was not made for its client either: it was sent for without what only this client said.
   * A failure is the same for all. What depends on the client's program says so in its Vary, or is for a user, whose cookie was not sent
   * either; what is made of several says by its Vary what they depend on.
   */
  private isAnothers(x: Exchange, asked: Exchange, { status, headers, origins }: Reply): boolean {
    if (isTransient(status) || origins?.makeshift === true) return false;
    if (!isSameVariant(namesInVary(headers), asked.headers, x.headers)) return true;
    return saysMore(x.headers, asked.headers, this.#isNarrow ? 'preferences' : 'reader');
  }

  private staleInstead(x: Exchange, entry: StoredReply | undefined, { status }: Reply): Reply | undefined {
    // RFC 5861 §4: an error is 500 and above.
    if (status < 500 || entry === undefined || !this.isUsableUntil(entry, entry.sieUntil)) return undefined;
    return this.#site.stale(x, entry, { kind: 'forwarded', why: 'stale', status, detail: 'stale-if-error' });
  }

  /** What was withdrawn or purged since it was found is over. */
  private isUsableUntil(entry: StoredReply, until: number): boolean {
    return (entry.lasting || this.#parts.clock.now() < until) && !this.#library.isPurged(entry);
  }

  /** A failure that brought no answer at all. */
  orStale(x: Exchange, failure: GatewayError, entry: StoredReply | undefined): Reply {
    const isCovered = entry !== undefined && this.isUsableUntil(entry, entry.brokenUntil);
    const why = entry === undefined ? 'uri-miss' : 'stale';
    const verdict: CacheVerdict = { kind: 'forwarded', why, detail: failure.code };
    if (!isCovered || failure.blame === 'client') throw this.#teller.told(failure, verdict);
    return this.#site.stale(x, entry, verdict);
  }
}

const REPLACED = precomputed('client.gone', 'Another answer took its place');

const LEADERS_FAILURES = new WeakMap<Reply, GatewayError>();

/** What the backend said to the one that asked, for those who waited: its status, and when to come again. */
function leadersFailure(reply: Reply): GatewayError {
  const known = LEADERS_FAILURES.get(reply);
  if (known !== undefined) return known;
  const { status, headers } = reply;
  const retryAfter = headers.get('retry-after');
  const failure = precomputed(
    status < 500 ? 'upstream.refused' : 'upstream.status',
    `The backend answered ${status} to the one who asked first`,
    { status, ...(retryAfter === undefined ? {} : { headers: ['Retry-After', retryAfter] }) },
  );
  LEADERS_FAILURES.set(reply, failure);
  return failure;
}

const NOTHING_KNOWN: Known = { candidates: [], part: undefined };

/** A stale answer that its backend may say is right. */
export function knownOf(entry: StoredReply): Known {
  return { candidates: canValidate(entry) ? [entry] : [], part: undefined };
}
