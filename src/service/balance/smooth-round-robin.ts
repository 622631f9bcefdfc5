import type { Choice } from './choice.ts';
import type { Machine } from './machine.ts';

/** Each machine in turn, by weight and evenly spread: of { 5, 1, 1 } a a b a c a a, not a a a a a b c (nginx's smooth weighted round robin). */
export class SmoothRoundRobin implements Choice {
  choose(machines: readonly Machine[]): Machine | undefined {
    let total = 0;
    let next: Machine | undefined;
    for (const machine of machines) {
      total += machine.effective;
      machine.turn += machine.effective;
      if (next === undefined || machine.turn > next.turn) next = machine;
    }
    if (next !== undefined) next.turn -= total;
    return next;
  }
}
