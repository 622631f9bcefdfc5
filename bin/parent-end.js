// Plain JavaScript, because bin/portico.js needs it under an old Node, too.
import { readFileSync } from 'node:fs';

const CHECKED_EVERY_MS = 250;

/**
 * Calls back when the parent of this process has ended, under a script of npm, npx or the like only. npm sends a
 * SIGTERM to the shell of its script, which ends without passing it on, so nobody tells this process.
 */
export function whenScriptEnds(then) {
  if (process.env.npm_lifecycle_event === undefined || leadsSession()) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, CHECKED_EVERY_MS);
  timer.unref();
}

/** Whether a script has detached this process (`setsid`, `detached: true`), so that it outlives it. Linux says so. */
function leadsSession() {
  try {
    // The id, the name in brackets, the state, the parent, the process group, the session.
    const [, , , session] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(session) === process.pid;
  } catch {
    return false;
  }
}
