import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

// A user of its own, because only root may have process ids of its own otherwise.
const PREFIX = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;

/** Why no program can be process 1 here; undefined if one can. */
export const noFirstProcess =
  spawnSync(PREFIX[0], [...PREFIX.slice(1), 'true']).status === 0 ? undefined : 'no unshare';

/** The command that runs Node as process 1, as the first process of a container is. */
export const AS_FIRST_PROCESS: readonly string[] = [...PREFIX, process.execPath];

/** The only child of a process: the program that `unshare` runs. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}
