import type { Chance } from '../chance.ts';
import { HalfCrowded, Places, SharedProcessor } from './backends.ts';
import type { Account, Call, Load, World } from './world.ts';

/** A load beyond the capacity of a service, and the required goodput. */
export interface Overload {
  /** Called for each run, since its loads change its backend. */
  readonly make: () => { readonly backend: World['backend']; readonly loads: readonly Load[] };
  /** The index of the overload. */
  readonly at: number;
  /** The capacity of the service during it, in calls per second. */
  readonly capacity: number;
  /** The second of it from which the goodput counts. */
  readonly from?: number;
  /** The minimum goodput as a share of the capacity. */
  readonly min: number;
  /** The indexes of normal loads, in which no call may be rejected. */
  readonly normal: readonly number[];
  /** The limit of the control, which must collapse; default a fixed one of 256. */
  readonly control?: number;
}

/** The capacity of 32 processors for calls of 20 ms. */
const CAPACITY = 1_600;
/** Two kinds of calls, 20 ms on average. */
const TWO_KINDS = { workMs: (chance: Chance) => (chance.happens(0.1) ? 155 : 5) };

/** A load as a share of that capacity. */
function share(seconds: number, of: number, changes: Partial<Load> = {}): Load {
  return { seconds, perSecond: of * CAPACITY, ...changes };
}

const NORMAL = share(5, 0.6);
/** After an overload the first two seconds are recovery and not yet normal. */
const AFTER = [share(2, 0.6), NORMAL];

function sharing(loads: (backend: SharedProcessor<Call>) => readonly Load[], knee = 32): Overload['make'] {
  return () => {
    const backend = new SharedProcessor<Call>(knee);
    return { backend, loads: loads(backend) };
  };
}

/** Workers under 60 % of their capacity, then 1,000 %, then 60 % again. */
function places(count: number, ms: number, seconds: number): Pick<Overload, 'make' | 'capacity' | 'at' | 'normal'> {
  const capacity = (count * 1_000) / ms;
  const load = (of: number, lasts: number): Load => ({ seconds: lasts, perSecond: of * capacity, workMs: () => ms });
  const loads = [load(0.6, 10), load(10, seconds), load(0.6, 10), load(0.6, 10)];
  return { make: () => ({ backend: new Places<Call>(count), loads }), capacity, at: 1, normal: [0, 3] };
}

const COLD_8 = places(8, 40, 15);

export const OVERLOADS: Readonly<Record<string, Overload>> = {
  'ten times the load, warm': {
    make: sharing(() => [NORMAL, share(15, 6), ...AFTER]),
    at: 1,
    capacity: CAPACITY,
    min: 0.93,
    normal: [0, 3],
  },
  'ten times the load, cold': {
    make: sharing(() => [share(15, 6), ...AFTER]),
    at: 0,
    capacity: CAPACITY,
    from: 3,
    min: 0.9,
    normal: [2],
    control: Number.POSITIVE_INFINITY,
  },
  'five times the load of calls of two kinds': {
    make: sharing(() => [NORMAL, share(25, 3), ...AFTER].map(load => ({ ...load, ...TWO_KINDS }))),
    at: 1,
    capacity: CAPACITY,
    min: 0.9,
    normal: [0, 3],
  },
  'a knee that halves': {
    make: sharing(backend => [
      NORMAL,
      share(5, 1.5),
      share(20, 2, {
        change: () => {
          backend.knee = 16;
        },
      }),
      share(2, 0.3),
      share(5, 0.3),
    ]),
    at: 2,
    capacity: CAPACITY / 2,
    min: 0.93,
    normal: [0, 4],
  },
  'a knee that doubles': {
    make: sharing(backend => [
      NORMAL,
      share(5, 4),
      share(25, 4, {
        change: () => {
          backend.knee = 64;
        },
      }),
      ...AFTER,
    ]),
    at: 2,
    capacity: 2 * CAPACITY,
    min: 0.93,
    normal: [0, 4],
    control: Number.POSITIVE_INFINITY,
  },
  'three times slower under overload': {
    make: sharing(() => [NORMAL, share(10, 6), share(30, 3, { workMs: () => 60 }), share(2, 0.2), share(5, 0.2)]),
    at: 2,
    capacity: CAPACITY / 3,
    min: 0.88,
    normal: [0, 4],
  },
  'eight places of 40 ms': { ...places(8, 40, 28), min: 0.97 },
  'eight places of 40 ms, cold': {
    ...COLD_8,
    make: () => ({ ...COLD_8.make(), loads: COLD_8.make().loads.slice(1) }),
    at: 0,
    from: 3,
    min: 0.97,
    normal: [2],
  },
  'a service half of whose calls are crowded': {
    make: () => ({
      backend: new HalfCrowded(new Places<Call>(8)),
      loads: [240, 4_000, 240, 240].map((perSecond, place) => ({
        seconds: place === 1 ? 15 : 5,
        perSecond,
        workMs: () => 40,
      })),
    }),
    at: 1,
    capacity: 200,
    min: 0.95,
    normal: [0, 3],
  },
};

/** The goodput as a share of the capacity, and the largest share of rejected calls in the normal loads. */
export function figuresOf({ at, capacity, from = 0, normal }: Overload, accounts: readonly Account[], seconds: number) {
  const good = Array.from({ length: seconds - from }, (_, second) => accounts[at]?.good[from + second] ?? 0);
  const refused = normal.map(place => (accounts[place]?.refused ?? 0) / (accounts[place]?.offered ?? 1));
  return {
    goodput: good.reduce((sum, each) => sum + each, 0) / (capacity * (seconds - from)),
    refused: Math.max(...refused),
  };
}
