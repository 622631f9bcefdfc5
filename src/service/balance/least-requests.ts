import type { Choice } from './choice.ts';
import type { Machine } from './machine.ts';

/** The machine with the fewest calls and streams for its weight, this call included; of equals, the next in turn. */
export class LeastRequests implements Choice {
  #turn = 0;

  choose(machines: readonly Machine[]): Machine | undefined {
    const count = machines.length;
    const start = this.#turn++ % Math.max(count, 1);
    let least: Machine | undefined;
    let load = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const machine = machines[(start + i) % count];
      if (machine === undefined) continue;
      const own = (machine.inFlight + machine.streams + 1) / machine.effective;
      if (own >= load) continue;
      least = machine;
      load = own;
    }
    return least;
  }
}
