import { defineDefaults, refuse } from 'portico';

// The app has signed the user in already; `c.locals` is its `res.locals`.
export default defineDefaults({
  guard: c => (typeof c.locals.user === 'string' ? { subject: c.locals.user } : refuse(401, 'sign in first')),
});
