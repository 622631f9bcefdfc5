import { type CallOutcomeName, callOutcome } from '../../../src/core/call-outcome.ts';
import { Cancellation } from '../../../src/core/cancellation.ts';
import { GatewayError } from '../../../src/core/failure.ts';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Limiter, Permit } from '../../../src/core/ports/limiter.ts';
import type { Chance } from '../chance.ts';
import { exchange } from '../exchange.ts';
import type { SimulatedBackend, Work } from './backends.ts';
import { VirtualClock } from './clock.ts';
import { Heap } from './heap.ts';

type WorkMs = (chance: Chance) => number;

/** Clients that send the next request right after a response, from the start of a load to the end of the run. */
interface Clients {
  readonly count: number;
  readonly workMs: WorkMs;
  readonly deadlineMs?: number;
  /** They leave with their load. */
  readonly leave?: true;
}

/** The arrivals for some seconds. */
export interface Load {
  readonly seconds: number;
  /** Random calls, independent of earlier responses. */
  readonly perSecond: number;
  /** Default 20 ms. */
  readonly workMs?: WorkMs;
  /** That many calls at once at the start. */
  readonly burst?: number;
  readonly clients?: Clients;
  /** A change of the backend at the start. */
  readonly change?: () => void;
  /** The outcome in place of success. */
  readonly finding?: (chance: Chance) => CallOutcomeName;
}

/** The outcomes of the calls that arrived during a load. */
export interface Account {
  offered: number;
  refused: number;
  /** Calls that missed their deadline, waiting for a permit or for the response. */
  late: number;
  /** Responses in time by the second of the load, without calls that bypass the overloaded part. */
  readonly good: number[];
  maxWaitMs: number;
}

/** A gateway process that runs only in slices of time; each of its steps costs some time. */
interface Slices {
  readonly onMs: number;
  readonly everyMs: number;
  costMs: number;
}

export interface World {
  readonly limiter: (clock: Clock) => Limiter;
  readonly backend: SimulatedBackend<Call>;
  readonly loads: readonly Load[];
  readonly chance: Chance;
  /** Default 1 s. */
  readonly deadlineMs?: number;
  readonly slices?: Slices;
  readonly watch?: (atMs: number, limiter: Limiter) => void;
}

export interface Call extends Work {
  readonly account: Account;
  readonly arrivedAt: number;
  readonly client: Clients | undefined;
  readonly cancellation: Cancellation;
  startedAt: number;
  permit: Permit | undefined;
  isOver: boolean;
}

const ASKED = exchange();
const LATE = new GatewayError('upstream.timeout', 'The time is over');

/** A limiter before a backend, on virtual time. */
export async function simulate(world: World): Promise<readonly Account[]> {
  const simulation = new Simulation(world);
  const accounts: Account[] = [];
  for (const load of world.loads) accounts.push(await simulation.bear(load));
  return accounts;
}

class Simulation {
  readonly #world: World;
  readonly #clock = new VirtualClock();
  readonly #beganAt = this.#clock.time;
  readonly #limiter: Limiter;
  readonly #deadlines = new Heap<{ readonly at: number; readonly call: Call }>();
  /** The pending steps of a process with slices of time. */
  readonly #tasks = new Heap<{ readonly at: number; readonly run: () => void }>();
  #busyUntil = 0;
  #load: Load = { seconds: 0, perSecond: 0 };
  #account: Account = accountOf();
  #loadAt = 0;
  /** Whether a waiting call may just have been admitted or rejected. */
  #moved = false;

  constructor(world: World) {
    this.#world = world;
    this.#limiter = world.limiter(this.#clock);
  }

  async bear(load: Load): Promise<Account> {
    const { chance, watch } = this.#world;
    const clock = this.#clock;
    this.#begin(load);
    const end = clock.time + load.seconds * 1_000;
    const gap = () =>
      load.perSecond === 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - chance.next()) * 1_000) / load.perSecond;
    let arrival = clock.time + gap();
    for (;;) {
      const event = this.#nextAt();
      if (Math.min(arrival, event) >= end) break;
      if (arrival <= event) {
        this.#passUntil(arrival);
        arrival += gap();
        this.#arrive(undefined);
      } else this.#step();
      await this.#settle();
      watch?.(clock.time - this.#beganAt, this.#limiter);
    }
    this.#passUntil(end);
    return this.#account;
  }

  #begin(load: Load): void {
    load.change?.();
    this.#load = load;
    this.#loadAt = this.#clock.time;
    this.#account = accountOf();
    for (let i = 0; i < (load.burst ?? 0); i++) this.#arrive(undefined);
    for (let i = 0; i < (load.clients?.count ?? 0); i++) this.#arrive(load.clients);
  }

  #nextAt(): number {
    const { backend } = this.#world;
    const timer = this.#awakeAt(this.#clock.nextAt);
    return Math.min(backend.nextAt(this.#clock.time), timer, this.#deadlines.nextAt, this.#tasks.nextAt);
  }

  /** The next event other than an arrival. */
  #step(): void {
    const { backend } = this.#world;
    const clock = this.#clock;
    const next = this.#nextAt();
    const done = backend.nextAt(clock.time);
    this.#passUntil(next);
    if (next >= done) {
      const call = backend.take(clock.time);
      if (call !== undefined) this.#process(() => this.#answered(call));
    } else if (next >= this.#tasks.nextAt) this.#tasks.take()?.run();
    else if (next >= this.#deadlines.nextAt) {
      const late = this.#deadlines.take();
      if (late !== undefined && !late.call.isOver) this.#process(() => this.#expire(late.call));
    } else {
      this.#moved = true;
      clock.fire();
    }
  }

  #passUntil(at: number): void {
    if (at <= this.#clock.time) return;
    this.#world.backend.pass(at - this.#clock.time);
    this.#clock.time = at;
  }

  async #settle(): Promise<void> {
    if (!this.#moved) return;
    this.#moved = false;
    await null;
    await null;
  }

  /** Runs at once, or when the process gets its next slice. */
  #process(run: () => void): void {
    const { slices } = this.#world;
    if (slices === undefined) {
      run();
      return;
    }
    const at = this.#awakeAt(this.#clock.time);
    this.#busyUntil = at + slices.costMs;
    this.#tasks.add({ at, run });
  }

  #awakeAt(at: number): number {
    const { slices } = this.#world;
    if (slices === undefined || at === Number.POSITIVE_INFINITY) return at;
    const from = Math.max(at, this.#busyUntil);
    const passed = (from - this.#beganAt) % slices.everyMs;
    return passed < slices.onMs ? from : from + slices.everyMs - passed;
  }

  #arrive(client: Clients | undefined): void {
    const { chance } = this.#world;
    const workMs = (client?.workMs ?? this.#load.workMs ?? (() => 20))(chance);
    const call: Call = {
      workMs,
      beside: false,
      account: this.#account,
      arrivedAt: this.#clock.time,
      client,
      cancellation: new Cancellation(),
      startedAt: 0,
      permit: undefined,
      isOver: false,
    };
    call.account.offered++;
    this.#process(() => this.#ask(call));
  }

  #return({ client }: Call): void {
    if (client === undefined || (client.leave && client !== this.#load.clients)) return;
    this.#arrive(client);
  }

  #ask(call: Call): void {
    const at = call.arrivedAt + this.#deadlineMs(call);
    try {
      const permit = this.#limiter.acquire(ASKED.with({ cancellation: call.cancellation }), 'default');
      this.#deadlines.add({ at, call });
      if (permit instanceof Promise) {
        this.#moved = true;
        permit.then(
          granted => this.#start(call, granted),
          () => this.#refuse(call),
        );
      } else this.#start(call, permit);
    } catch {
      this.#refuse(call);
    }
  }

  #start(call: Call, permit: Permit): void {
    const clock = this.#clock;
    call.permit = permit;
    call.startedAt = clock.now();
    call.account.maxWaitMs = Math.max(call.account.maxWaitMs, clock.time - call.arrivedAt);
    this.#world.backend.start(call, clock.time);
  }

  #refuse(call: Call): void {
    if (call.isOver) return;
    call.isOver = true;
    call.account.refused++;
    // A rejected client returns a moment later.
    if (call.client !== undefined) this.#clock.after(5, () => this.#return(call));
  }

  #answered(call: Call): void {
    if (call.isOver) return;
    const { time } = this.#clock;
    const name = this.#load.finding?.(this.#world.chance) ?? 'answered';
    this.#finish(call, name);
    if (time - call.arrivedAt > this.#deadlineMs(call)) call.account.late++;
    else if (!call.beside) {
      const second = Math.floor((time - this.#loadAt) / 1_000);
      this.#account.good[second] = (this.#account.good[second] ?? 0) + 1;
    }
    this.#return(call);
  }

  #expire(call: Call): void {
    if (call.isOver) return;
    call.account.late++;
    if (call.permit !== undefined) this.#finish(call, 'timeout');
    call.isOver = true;
    this.#moved = true;
    call.cancellation.cancel(LATE);
    this.#return(call);
  }

  #finish(call: Call, name: CallOutcomeName): void {
    const at = this.#clock.now();
    call.isOver = true;
    this.#moved ||= this.#limiter.waiting > 0;
    call.permit?.settle({ finding: callOutcome(name), headersMs: at - call.startedAt, at });
    call.permit?.release();
  }

  #deadlineMs({ client }: Call): number {
    return client?.deadlineMs ?? this.#world.deadlineMs ?? 1_000;
  }
}

function accountOf(): Account {
  return { offered: 0, refused: 0, late: 0, good: [], maxWaitMs: 0 };
}
