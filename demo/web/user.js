const listeners = new Set();

/** @type {{ issuer: string, subject: string, claims: { name?: string }, startedAt: string, endsAt: string } | undefined} */
let current;

/** Who is signed in, as the gateway says; undefined for nobody. */
export const user = () => current;

/** `listener(user)` runs once it is known who is signed in, and whenever that changes. */
export function onUser(listener) {
  listeners.add(listener);
}

/** Another tab may sign in or out, and the provider may end the session. */
export function startUser() {
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void loadUser());
  return tell(load());
}

/** Settles once the page shows who is signed in by now. */
export async function loadUser() {
  const before = current?.subject;
  const now = await load();
  if (now?.subject !== before) await tell(now);
}

async function tell(loaded) {
  current = await loaded;
  await Promise.all([...listeners].map(listener => listener(current)));
}

/** A gateway that does not respond has signed nobody out. */
async function load() {
  try {
    const response = await fetch('/auth/me', { cache: 'no-store' });
    if (response.ok) return await response.json();
    return response.status === 401 ? undefined : current;
  } catch {
    return current;
  }
}

// A session is of one origin. At localhost that is the name, also for a visitor who typed its number.
const HOME = location.hostname === '127.0.0.1' ? `//localhost:${location.port}` : '';

/** The sign-in, which leads back to what is open now. */
export function signInAddress() {
  const { pathname, search, hash } = location;
  return `${HOME}/auth/login?to=${encodeURIComponent(pathname + search + hash)}`;
}

export const nameOf = ({ claims, subject }) => claims.name ?? subject;
