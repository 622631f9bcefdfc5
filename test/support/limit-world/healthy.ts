import type { Chance } from '../chance.ts';
import { Places, SharedProcessor } from './backends.ts';
import type { Call, Load, World } from './world.ts';

/** A service that is not overloaded: no call may be rejected. */
export interface Healthy extends Pick<World, 'deadlineMs' | 'slices'> {
  readonly backend: () => World['backend'];
  readonly loads: readonly Load[];
}

const unlimited = () => new Places<Call>(Number.POSITIVE_INFINITY);
const patient = { backend: unlimited, deadlineMs: 10_000 };

const burst = (count: number, ms: number): Healthy => ({
  ...patient,
  loads: Array.from({ length: 2 }, () => ({ seconds: 8, perSecond: 0, burst: count, workMs: () => ms })),
});

const steady = (calls: number, ms: number): Healthy => ({
  ...patient,
  loads: [{ seconds: 10, perSecond: (calls * 1_000) / ms, workMs: () => ms }],
});

const afterIdleHour = (ms: number, perSecond: number): Healthy => ({
  ...patient,
  loads: [
    { seconds: 20, perSecond, workMs: () => ms },
    { seconds: 3_600, perSecond: 0 },
    { seconds: 5, perSecond: 0, burst: 300, workMs: () => ms },
  ],
});

const bimodal = (fast: number, perSecond: number): Healthy => ({
  ...patient,
  loads: [{ seconds: 25, perSecond, workMs: chance => (chance.happens(fast) ? 5 : 2_000) }],
});

/** Log-normal, with a 99th percentile of 50 times the median. */
function heavyTail(chance: Chance): number {
  const radius = Math.sqrt(-2 * Math.log(1 - chance.next()));
  // Beyond the deadline even an unlimited gateway would be late.
  return Math.min(20 * Math.exp((Math.log(50) / 2.326) * radius * Math.cos(2 * Math.PI * chance.next())), 9_000);
}

const POLLS = { count: 100, workMs: (chance: Chance) => 20_000 + chance.upTo(20_000), deadlineMs: 60_000 };
const quick = { perSecond: 200, workMs: () => 10 };
/** For a moment the service takes ten times as long and more calls arrive than usual, which is enough for a trial. */
const hiccup: Load = { seconds: 0.3, perSecond: 200, burst: 300, workMs: () => 100 };

/** The gateway gets 20 ms of each 100. */
const starved = { ...patient, slices: { onMs: 20, everyMs: 100, costMs: 0.1 } };
const closed = (count: number): Load => ({
  seconds: 10,
  perSecond: 0,
  clients: { count, workMs: () => 5, deadlineMs: 10_000 },
});

/** The gateway needs 0.1 ms for each call, and clients come that fill its processor. */
const busy = { ...patient, slices: { onMs: 100, everyMs: 100, costMs: 0.05 } };
const filling = (count: number): Load => ({
  seconds: 5,
  perSecond: 0,
  clients: { count, workMs: () => 0.5, deadlineMs: 10_000, leave: true },
});
/** 3,000 calls a second, of which some come together, as those of clients that stood still for a moment. */
const bumpy = (burst: number): readonly Load[] =>
  Array.from({ length: 12 }, () => ({ seconds: 0.35, perSecond: 3_000, burst, workMs: () => 0.5 }));

/** Other programs take the computer from the gateway, which then needs eight times as long for each call. */
const crowdedOut = { onMs: 100, everyMs: 100, costMs: 0.05 };
const costing = (costMs: number, load: Load): Load => ({
  ...load,
  change: () => {
    crowdedOut.costMs = costMs;
  },
});

export const HEALTHY: Readonly<Record<string, Healthy>> = {
  ...Object.fromEntries(
    [200, 1_000].flatMap(count =>
      [50, 350, 2_000].map(ms => [`${count} calls of ${ms} ms at once, cold`, burst(count, ms)]),
    ),
  ),
  '150 steady calls of 300 ms': steady(150, 300),
  '500 steady calls of 300 ms': steady(500, 300),
  '500 steady calls of 2 s': steady(500, 2_000),
  '300 calls of 350 ms at once after an idle hour': afterIdleHour(350, 5),
  '300 calls of 30 ms at once after an idle hour': afterIdleHour(30, 500),
  'half of the calls take 5 ms, half 2 s': bimodal(0.5, 150),
  'the same with 600 a second': bimodal(0.5, 600),
  'one call in twenty takes 5 ms, the others 2 s': bimodal(0.05, 150),
  'one call in twenty takes 2 s, the others 5 ms': bimodal(0.95, 600),
  'heavy-tailed times': { ...patient, loads: [{ seconds: 20, perSecond: 1_000, workMs: heavyTail }] },
  'heavy-tailed times in bursts': {
    ...patient,
    loads: [200, 0, 400].map(count => ({ seconds: 8, perSecond: 300, burst: count, workMs: heavyTail })),
  },
  'quick calls and 100 long polls from the start': {
    ...patient,
    loads: [{ seconds: 60, ...quick, clients: POLLS }],
  },
  'quick calls, then 100 long polls': {
    ...patient,
    loads: [
      { seconds: 20, ...quick },
      { seconds: 60, ...quick, clients: POLLS },
    ],
  },
  'quick calls beside 100 long polls during a trial': {
    ...patient,
    loads: [{ seconds: 20, ...quick }, { seconds: 20, ...quick, clients: POLLS }, hiccup, { seconds: 20, ...quick }],
  },
  'long polls, and traffic that stops in the middle of a trial': {
    ...patient,
    loads: [
      { seconds: 20, ...quick },
      { seconds: 10, ...quick, clients: POLLS },
      hiccup,
      { seconds: 60, perSecond: 0 },
      { seconds: 10, ...quick, burst: 50 },
    ],
  },
  'traffic that stops in the middle of a trial': {
    ...patient,
    loads: [{ seconds: 20, ...quick }, hiccup, { seconds: 60, perSecond: 0 }, { seconds: 10, ...quick, burst: 200 }],
  },
  'a service that shares 32 processors becomes three times slower': {
    backend: () => new SharedProcessor<Call>(32),
    loads: [20, 60].map(ms => ({ seconds: 20, perSecond: 320, workMs: () => ms })),
  },
  'an unlimited service becomes three times slower': {
    backend: unlimited,
    loads: [20, 60].map(ms => ({ seconds: 8, perSecond: 2_000, workMs: () => ms })),
  },
  'an unlimited service becomes ten times slower': {
    backend: unlimited,
    loads: [20, 200].map(ms => ({ seconds: 8, perSecond: 1_500, workMs: () => ms })),
  },
  'a service with 5 % of 503 responses': {
    ...patient,
    loads: [0, 200, 0, 200].map(count => ({
      seconds: 10,
      perSecond: 300,
      burst: count,
      workMs: () => 50,
      finding: chance => (chance.happens(0.05) ? 'overloaded' : 'answered'),
    })),
  },
  'a starved gateway and 64 clients': { ...starved, loads: [closed(64)] },
  'a starved gateway and 300 clients': { ...starved, loads: [closed(300)] },
  'a starved gateway and 900 calls a second': { ...starved, loads: [{ seconds: 10, perSecond: 900, workMs: () => 5 }] },
  'a starved gateway and bursts of 300': {
    ...starved,
    loads: Array.from({ length: 6 }, () => ({ seconds: 2, perSecond: 50, burst: 300, workMs: () => 5 })),
  },
  ...Object.fromEntries(
    [16, 24, 64].map(count => [
      `a gateway that ${count} clients filled, then calls that sometimes come together`,
      { ...busy, loads: [filling(count), ...bumpy(64), filling(count), ...bumpy(300)] },
    ]),
  ),
  ...Object.fromEntries(
    [16, 64, 200].map(count => [
      `a gateway whose computer is full while ${count} clients come`,
      {
        ...patient,
        slices: crowdedOut,
        loads: [
          costing(0.05, filling(16)),
          costing(0.4, filling(count)),
          costing(0.05, filling(16)),
          costing(0.4, { seconds: 5, perSecond: 1_500, burst: count, workMs: () => 0.5 }),
          ...bumpy(300).map(load => costing(0.05, load)),
        ],
      },
    ]),
  ),
};
