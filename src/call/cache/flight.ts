import { discard } from '../../core/body.ts';
import type { Exchange } from '../../core/exchange.ts';
import { GatewayError, isWithdrawal, precomputed } from '../../core/failure.ts';
import type { Handler } from '../../core/handler.ts';
import type { Reply } from '../../core/reply.ts';
import { isTransient } from '../../core/transient.ts';
import type { Abroad } from './abroad.ts';
import type { StoredReply } from './entry.ts';
import type { Intake, Taken } from './intake.ts';
import type { Asking } from './judge.ts';
import type { Library } from './library.ts';
import { resumed, resuming } from './resume.ts';
import { askingPlain } from './shared-question.ts';
import type { WhyNot } from './storable.ts';
import { freshenedHeaders, validatedBy, validating } from './validate.ts';
import { variantNames } from './vary.ts';

/** What a shared question came to. What may not be shared belongs to the one that asked it. */
export type Landing =
  | {
      readonly kind: 'taken';
      readonly taken: Taken;
      /** The head as the backend said it; undefined where it only said that what is stored is right. */
      readonly said: Reply | undefined;
    }
  /** Another machine asked, and this is what it stored. */
  | { readonly kind: 'elsewhere'; readonly entry: StoredReply }
  /** Of one client; where nothing refused it, it is stored, and asked about before each use. */
  | { readonly kind: 'own'; readonly reply: Reply; readonly refused: WhyNot | undefined };

export interface Flight {
  /** The exchange that was sent: it decides for whom the answer is, by the answer's Vary. */
  readonly asked: Exchange;
  readonly landing: Promise<Landing>;
}

/** What a question can refer to of what is stored. */
export interface Known {
  /** Stale answers of which a 304 may say that one is right. */
  readonly candidates: readonly StoredReply[];
  /** The front of the representation. */
  readonly part: StoredReply | undefined;
}

interface Airborne {
  readonly asked: Exchange;
  key: string;
  taken: Taken | undefined;
  joined: Flight | undefined;
}

export interface FlightOptions {
  /** Whether the backend is asked for plain bytes, which are encoded here. */
  readonly asksPlain: boolean;
  /** Where several machines ask only once. */
  readonly abroad: Abroad | undefined;
}

/**
 * Calls in the air, one per key. A fetch here has no client: it goes on when the one that began it leaves. Nothing is shared before the
 * response's own headers allow it; from then until its last byte is stored, whoever comes goes along.
 */
export class Flights {
  readonly #flights = new Map<string, Airborne>();
  readonly #library: Library;
  readonly #intake: Intake;
  readonly #next: Handler;
  readonly #asksPlain: boolean;
  readonly #abroad: Abroad | undefined;

  constructor(library: Library, intake: Intake, next: Handler, { asksPlain, abroad }: FlightOptions) {
    this.#asksPlain = asksPlain;
    this.#abroad = abroad;
    this.#library = library;
    this.#intake = intake;
    this.#next = next;
  }

  /** What is under way for a key; not what a purge has overtaken: who comes after a purge asks anew. */
  at(key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    const isOvertaken = flight?.taken !== undefined && this.#library.isPurged(flight.taken.head);
    return isOvertaken ? undefined : flight?.joined;
  }

  /** A question that others may join. */
  lead(key: string, asked: Exchange, known: Known): Flight {
    const flight: Airborne = { asked, key, taken: undefined, joined: undefined };
    this.#flights.set(key, flight);
    const landing =
      this.#abroad === undefined ? this.fetch(asked, known, flight) : this.fetchOnce(this.#abroad, known, flight);
    // Whoever waits hears of a failure; a refresh that nobody awaits must not end the process.
    landing.then(
      ({ kind }) => kind !== 'taken' && this.end(flight),
      () => this.end(flight),
    );
    flight.joined = { asked, landing };
    return flight.joined;
  }

  /** A question that nobody joins. */
  alone(asked: Exchange, known: Known): Flight {
    const landing = this.fetch(asked, known, undefined);
    // A refresh that nobody awaits must not end the process.
    landing.catch(() => {});
    return { asked, landing };
  }

  /** Another machine may be asking already. */
  private async fetchOnce(abroad: Abroad, known: Known, flight: Airborne): Promise<Landing> {
    const { asked, key } = flight;
    const before = this.#library.find(asked);
    const whose = await abroad.wait(key, async () => {
      await this.#library.load(this.#library.find(asked).key);
      const found = this.#library.find(asked);
      return found.kind === 'stored' && (before.kind !== 'stored' || found.entry.bornAt > before.entry.bornAt);
    });
    const found = this.#library.find(asked);
    if (whose === 'found' && found.kind === 'stored') return { kind: 'elsewhere', entry: found.entry };
    try {
      return await this.fetch(asked, known, flight);
    } finally {
      abroad.over(key);
    }
  }

  private async fetch(asked: Exchange, known: Known, flight: Airborne | undefined): Promise<Landing> {
    const asking = this.#library.asking();
    const reply = await this.ask(question(asked, known), asked);
    if (reply.status === 304) return this.notModified(asked, reply, known, asking, flight);
    if (reply.status === 206) return this.rest(asked, reply, known, asking, flight);
    return this.arrived(asked, reply, asking, flight, reply);
  }

  /** RFC 9111 §4.3.3: what is stored is right, with the fields of the 304 in place of its own. */
  private async notModified(
    asked: Exchange,
    reply: Reply,
    { candidates }: Known,
    asking: Asking,
    flight: Airborne | undefined,
  ): Promise<Landing> {
    discard(reply.body, REPLACED);
    const entry = validatedBy(reply, candidates);
    if (entry === undefined) return this.unconditionally(asked, flight);
    const headers = freshenedHeaders(entry.headers, reply.headers, this.#intake.personal);
    return this.arrived(asked, { status: entry.status, headers, body: entry.body }, asking, flight, undefined);
  }

  /** What is missing behind the front that is stored (RFC 9111 §3.4). */
  private rest(
    asked: Exchange,
    reply: Reply,
    { part }: Known,
    asking: Asking,
    flight: Airborne | undefined,
  ): Landing | Promise<Landing> {
    const whole = part && resumed(part, reply);
    if (whole === undefined) {
      discard(reply.body, REPLACED);
      return this.unconditionally(asked, flight);
    }
    return this.arrived(asked, whole, asking, flight, whole);
  }

  /** Whose variant the answer is, the client's own words say: a backend may encode whatever it is asked for. */
  private async ask(question: Exchange, asked: Exchange): Promise<Reply> {
    try {
      return await this.#next(this.#asksPlain ? askingPlain(question) : question);
    } catch (thrown) {
      // A part that an aggregate cannot do without is withdrawn: so is the aggregate.
      if (thrown instanceof GatewayError && isWithdrawal(thrown)) this.#library.withdraw(asked, []);
      throw thrown;
    }
  }

  private async unconditionally(asked: Exchange, flight: Airborne | undefined): Promise<Landing> {
    const asking = this.#library.asking();
    const reply = await this.ask(asked, asked);
    return this.arrived(asked, reply, asking, flight, reply);
  }

  private arrived(
    asked: Exchange,
    reply: Reply,
    asking: Asking,
    flight: Airborne | undefined,
    said: Reply | undefined,
  ): Landing {
    const recognisable = this.#intake.recognisable(reply);
    const taken = this.#intake.take(asked, recognisable, asking, () => flight && this.end(flight));
    if (typeof taken === 'string') {
      if (isNewState(reply)) this.#library.withdraw(asked, variantNames(reply.headers));
      // An error says nothing about the address: the next answer may be shared again.
      // What lacks a part today says nothing, either.
      if (reply.status < 400 && isNewState(reply)) this.#library.markUnshared(asked, taken);
      return { kind: 'own', reply, refused: taken };
    }
    if (taken.head.alone) {
      this.#library.announce(asked, taken.head, asking);
      return { kind: 'own', reply: { ...recognisable, body: taken.content.first }, refused: undefined };
    }
    if (flight !== undefined) this.shareable(flight, taken, asking);
    return { kind: 'taken', taken, said: said && recognisable };
  }

  /** From here on the answer's own Vary says who may join. */
  private shareable(flight: Airborne, taken: Taken, asking: Asking): void {
    flight.taken = taken;
    this.#library.announce(flight.asked, taken.head, asking);
    const key = this.#library.keyOf(flight.asked, taken.head);
    if (key === flight.key || this.#flights.get(flight.key) !== flight) return;
    this.#flights.delete(flight.key);
    flight.key = key;
    this.#flights.set(key, flight);
  }

  private end(flight: Airborne): void {
    if (this.#flights.get(flight.key) === flight) this.#flights.delete(flight.key);
  }
}

function question(asked: Exchange, { candidates, part }: Known): Exchange {
  if (candidates.length > 0) return validating(asked, candidates);
  return part === undefined ? asked : resuming(asked, part);
}

/** Waits for a flight, but no longer than the client does. */
export function awaitLanding(flight: Flight, x: Exchange): Promise<Landing> {
  return new Promise((resolve, reject) => {
    x.cancellation.onCancel(reject);
    flight.landing.then(resolve, reject).finally(() => x.cancellation.offCancel(reject));
  });
}

/** Lets go of an answer that its leader did not stay for. */
export function abandon(flight: Flight): void {
  flight.landing.then(
    landing => {
      if (landing.kind === 'own') discard(landing.reply.body, LEFT);
      else if (landing.kind === 'taken') discard(landing.taken.content.first, LEFT);
    },
    () => {},
  );
}

/** Whether a response says what the resource is by now, whether or not it may be stored. */
function isNewState({ status, origins }: Reply): boolean {
  return !isTransient(status) && origins?.makeshift !== true;
}

const LEFT = precomputed('client.gone', 'Nobody is left to read the answer');
const REPLACED = precomputed('client.gone', 'Another answer took its place');
