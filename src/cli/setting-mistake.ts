import { redisUrlMistake } from '../config/redis-url.ts';

const LEVELS = ['info', 'warn', 'error', 'silent'];

/** What is wrong with a variable that a process reads when it begins to serve; undefined if nothing is. */
export function settingMistake({ LOG_LEVEL, REDIS_URL }: NodeJS.ProcessEnv): string | undefined {
  if (LOG_LEVEL && !LEVELS.includes(LOG_LEVEL)) return `LOG_LEVEL is "${LOG_LEVEL}"; known: ${LEVELS.join(', ')}`;
  // The text is omitted, because it may contain a password.
  const mistake = REDIS_URL ? redisUrlMistake(REDIS_URL) : undefined;
  return mistake && `REDIS_URL ${mistake}`;
}
