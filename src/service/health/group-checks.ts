import type { MachineGroup } from '../balance/group.ts';
import type { Machine } from '../balance/machine.ts';
import { CheckedMachine, type CheckOptions } from './checked-machine.ts';

/** Checks every machine of a group, whoever comes and goes. */
export class GroupChecks {
  readonly #checked = new Map<Machine, CheckedMachine>();

  constructor(group: MachineGroup, options: Omit<CheckOptions, 'judge'>) {
    group.watch(machines => {
      const there = new Set(machines);
      for (const [machine, check] of this.#checked) if (!there.has(machine)) this.#leave(machine, check);
      for (const machine of machines) {
        if (this.#checked.has(machine)) continue;
        const judge = (verdict: 'up' | 'down'): void => group.judge(machine, verdict);
        this.#checked.set(machine, new CheckedMachine(machine.target, { ...options, judge }));
      }
    });
  }

  stop(): void {
    for (const [machine, check] of this.#checked) this.#leave(machine, check);
  }

  #leave(machine: Machine, check: CheckedMachine): void {
    check.stop();
    this.#checked.delete(machine);
  }
}
