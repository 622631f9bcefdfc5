import { redisUrlMistake } from '../config/redis-url.ts';
import { type DoctorFinding, reasonOf } from './finding.ts';

const MAX_SKEW_MS = 1_000;
/** The first version with every command that is used. */
const FIRST_MAJOR = 6;

/** Whether Redis responds, its version, and its clock. */
export async function redisFindings(url: string, prefix: string): Promise<readonly DoctorFinding[]> {
  const subject = `redis at ${placeOf(url)}`;
  const mistake = redisUrlMistake(url);
  if (mistake !== undefined) return [{ subject, state: 'failed', detail: `its URL ${mistake}`, remedy: SET }];
  const { inspectRedis } = await import('../policies/cache/storage/redis/inspect.ts');
  try {
    const { version, aheadMs } = await inspectRedis(url, prefix);
    const isOld = Number.parseInt(version, 10) < FIRST_MAJOR;
    const reachable: DoctorFinding = isOld
      ? { subject, state: 'warning', detail: `version ${version} is not tested`, remedy: `use ${FIRST_MAJOR} or newer` }
      : { subject, state: 'ok', detail: `version ${version}` };
    return [reachable, clockFinding(aheadMs)];
  } catch (error) {
    return [{ subject, state: 'failed', detail: reasonOf(error), remedy: SET }];
  }
}

const SET = 'start it, or correct REDIS_URL or cache.redis in portico.config.ts';

/** Without user and password. If an @ is behind the hosts, a slash may be in the password, so nothing is shown. */
function placeOf(url: string): string {
  return /^[^:]+:\/\/(?:[^/?#]*@)?([^@/?#]+)(?:[/?#][^@]*)?$/.exec(url)?.[1] ?? 'an unreadable address';
}

function clockFinding(aheadMs: number): DoctorFinding {
  const subject = 'clock';
  const detail = `${Math.round(Math.abs(aheadMs))} ms ${aheadMs < 0 ? 'ahead of' : 'behind'} that of Redis`;
  if (Math.abs(aheadMs) <= MAX_SKEW_MS) return { subject, state: 'ok', detail };
  const remedy = 'let both follow a time server: lifetimes of responses and sessions depend on it';
  return { subject, state: 'failed', detail, remedy };
}
