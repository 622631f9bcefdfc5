import { setTimeout as delay } from 'node:timers/promises';
import { Chance } from '../../support/chance.ts';
import { createProject, type TestProject } from '../../support/project.ts';
import { serviceTo, type TransportName } from '../../support/transports.ts';
import { FAULTS, FaultyBackend } from './faulty-backend.ts';
import type { Measured } from './messages.ts';
import { Subject } from './subject.ts';
import { Traffic } from './traffic.ts';

const CLIENTS = 40;
const BACKENDS = 3;
/** Pause between two faults. */
const CALM_MS = { min: 1_000, more: 3_000 };
const REST_STEP_MS = 500;
const REST_STEPS = 60;

export interface SoakResult {
  /** Before the first request. */
  readonly start: Measured;
  /** At rest, after one fifth of the time. */
  readonly early: Measured;
  /** At rest, at the end. */
  readonly end: Measured;
  readonly outcomes: ReadonlyMap<string, number>;
}

/** One gateway, three backends that fail in turn, and clients of every kind. */
export class Soak {
  readonly #transport: TransportName;
  readonly #chance: Chance;

  constructor(transport: TransportName, seed: number) {
    this.#transport = transport;
    this.#chance = new Chance(seed);
  }

  async run(ms: number): Promise<SoakResult> {
    await using backends = await Backends.start(this.#chance);
    await using project = await this.#project(backends.urls);
    await using subject = await Subject.start(project.dir);
    const start = await subject.measure();
    const first = await this.#phase(ms / 5, subject, backends);
    const early = await atRest(subject, start);
    const second = await this.#phase((ms * 4) / 5, subject, backends);
    const end = await atRest(subject, start);
    return { start, early, end, outcomes: sum(first, second) };
  }

  #project(urls: readonly string[]): Promise<TestProject> {
    const policies = `timeout: { connect: '500ms', headers: '400ms', idle: '400ms' }`;
    return createProject({
      'services.ts': `import { defineService } from 'portico';
        export const backends = ${serviceTo(urls, this.#transport)};\n`,
      'routes/[[...path]].ts': routeTo(policies),
      'routes/get/[...path].get.ts': routeTo(`${policies}, breaker: { resetTimeout: '1s' }`),
      'routes/cached/[size].get.ts': routeTo(`${policies}, cache: { ttl: '1s', staleIfError: '5s' }`),
    });
  }

  async #phase(ms: number, { port }: Subject, backends: Backends): Promise<ReadonlyMap<string, number>> {
    const traffic = new Traffic(port, this.#chance, CLIENTS);
    const faults = backends.failUntil(performance.now() + ms, this.#chance);
    await faults;
    await traffic.stop();
    return traffic.outcomes;
  }
}

function routeTo(policies: string): string {
  return `import { defineRoute } from 'portico';
import { backends } from '#services';
export default defineRoute({ proxy: backends, ${policies} });
`;
}

class Backends implements AsyncDisposable {
  readonly #all: readonly FaultyBackend[];

  private constructor(all: readonly FaultyBackend[]) {
    this.#all = all;
  }

  static async start(chance: Chance): Promise<Backends> {
    return new Backends(await Promise.all(Array.from({ length: BACKENDS }, () => FaultyBackend.start(chance))));
  }

  get urls(): readonly string[] {
    return this.#all.map(({ url }) => url);
  }

  /** Afterwards all backends are healthy. */
  async failUntil(end: number, chance: Chance): Promise<void> {
    while (performance.now() < end) {
      await delay(Math.min(CALM_MS.min + chance.upTo(CALM_MS.more), Math.max(0, end - performance.now())));
      const [first, ...others] = this.#all;
      if (first !== undefined) await chance.pick(first, ...others).become(chance.pick(...FAULTS));
    }
    for (const backend of this.#all) await backend.become('none');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const backend of this.#all) await backend[Symbol.asyncDispose]();
  }
}

/** Resolves when nothing more is held than at the start, or with the leftover after a long time. */
async function atRest(subject: Subject, start: Measured): Promise<Measured> {
  let measured = await subject.measure();
  for (let i = 0; i < REST_STEPS && !isAtRest(measured, start); i++) {
    await delay(REST_STEP_MS);
    measured = await subject.measure();
  }
  return measured;
}

function isAtRest({ inFlight, resources }: Measured, start: Measured): boolean {
  return inFlight === 0 && Object.entries(resources).every(([name, count]) => count <= (start.resources[name] ?? 0));
}

function sum(...all: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const total = new Map<string, number>();
  for (const each of all) for (const [name, count] of each) total.set(name, (total.get(name) ?? 0) + count);
  return total;
}
