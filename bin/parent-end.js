// Plain JavaScript, because bin/portico.js needs it under an old Node, too.

const CHECKED_EVERY_MS = 250;

/**
 * Calls back when the parent of this process has ended, under a script of npm, npx or the like only. npm sends a
 * SIGTERM to the shell of its script, which ends without passing it on, so nobody tells this process.
 */
export function whenScriptEnds(then) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, CHECKED_EVERY_MS);
  timer.unref();
}
