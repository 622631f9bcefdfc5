/**
 * Every mistake that is detected when a project is loaded, with its meaning and its general remedy. The report itself
 * has the remedy for the line. A code never changes its meaning, because people search for it.
 */
export const CODES = {
  P101: {
    meaning: 'Unknown method suffix',
    remedy:
      'Use `get`, `post`, `put`, `patch`, `delete`, `head` or `options`; a dot of the path belongs in a folder name.',
  },
  P102: {
    meaning: 'Two files for one address',
    remedy: 'Rename one, give one a matcher (`[id=int]`), or move one to another host group.',
  },
  P103: {
    meaning: 'Unbalanced or misplaced brackets in a file name',
    remedy: 'Use `[id]`, `[id=int]`, `[[id]]`, `[...rest]` or `[[...rest]]` as a segment, and `(group)` as a folder.',
  },
  P104: {
    meaning: 'Unknown matcher',
    remedy: 'Use a built-in matcher, or export a function of that name from `routes/_matchers.ts`.',
  },
  P105: {
    meaning: 'No default export',
    remedy: "Write `export default defineRoute(…)`, or the `define…` function of the file's kind.",
  },
  P106: {
    meaning: 'A default export of the wrong kind',
    remedy: 'Use `defineRoute` in a route, `defineDefaults` in `_defaults.ts`, `defineGateway` in `portico.config.ts`.',
  },
  P107: {
    meaning: "A path that differs from the file's path",
    remedy: 'Write the path of the report, or move the file.',
  },
  P108: {
    meaning: 'A `params` schema that differs from the path',
    remedy: 'Use the parameters of the path as the properties of the schema.',
  },
  P109: {
    meaning: 'A file that Node cannot import as it is',
    remedy: 'Rename it to `.ts`; the name of a file that is no route starts with `_`.',
  },
  P110: {
    meaning: 'TypeScript that Node cannot strip',
    remedy: 'Replace `enum`, `namespace`, parameter properties and decorators by JavaScript with erasable types.',
  },
  P111: {
    meaning: 'A type imported without `type`',
    remedy: 'Write `import { type Name }` or `import type { Name }`.',
  },
  P112: {
    meaning: 'A relative import without its file extension',
    remedy: 'Write the whole file name, `.ts` included.',
  },
  P113: {
    meaning: '`#services` that package.json does not declare',
    remedy: 'Add the `imports` entry of the report to package.json.',
  },
  P114: {
    meaning: 'A file that cannot be imported',
    remedy: 'Correct the syntax error, the missing package or the error that the file throws.',
  },
  P120: {
    meaning: 'No source of the response, or more than one',
    remedy: 'Keep exactly one of `proxy`, `aggregate` with `reply` or `stream`, `handler`, `static` and `redirect`.',
  },
  P121: { meaning: 'Unknown option', remedy: 'Use the name that the report suggests, or remove the option.' },
  P122: { meaning: 'Wrong type or value', remedy: 'Write a value of the form in the report.' },
  P123: {
    meaning: 'Invalid duration, size or percentage',
    remedy: "Write a number with its unit: `'30s'`, `'256MB'`, `'50%'`.",
  },
  P124: {
    meaning: 'An option that this kind of route cannot have',
    remedy: 'Remove it, or move it to a part or a route that can have it.',
  },
  P125: {
    meaning: 'Two services with one name',
    remedy: 'Rename one: logs and metrics identify a service by its name.',
  },
  P126: {
    meaning: 'A pattern that does not fit the route',
    remedy: 'Use the parameters of the route in brackets, and start the pattern with a slash.',
  },
  P127: {
    meaning: 'Circular `dependsOn`',
    remedy: 'Remove one of the dependencies; data that two parts share can be a part of its own.',
  },
  P128: { meaning: '`dependsOn` names an unknown part', remedy: 'Name a part of the same aggregate.' },
  P129: {
    meaning: 'A service without a usable target',
    remedy: 'Write `http://host:port` or `https://host`, or set the environment variable of `{ env }`.',
  },
  P130: {
    meaning: 'A part with a longer timeout than its route',
    remedy: "Shorten the part's timeout, or lengthen the route's.",
  },
  P131: {
    meaning: 'A retry of a request that could take effect twice',
    remedy: 'Remove `retry`, or add `idempotencyKey: true` if the backend honours `Idempotency-Key`.',
  },
  P132: {
    meaning: 'A cache for a response that cannot be stored',
    remedy: 'Remove `cache`; use `purges` to invalidate stored responses.',
  },
  P133: {
    meaning: 'A breaker window shorter than the timeout',
    remedy: 'Lengthen `breaker.window`, or shorten the timeout.',
  },
  P134: {
    meaning: 'A shared cache that varies by user',
    remedy: "Remove the header from `vary`, or use `scope: 'user'` with a guard that names the user.",
  },
  P135: { meaning: 'A schema that cannot be used', remedy: 'Correct the schema as the report says.' },
  P136: { meaning: 'A folder or file that does not exist', remedy: 'Create it, or correct the path.' },
  P137: {
    meaning: "`scope: 'user'` where nothing names the user",
    remedy: 'Add `auth`, or a guard that returns `{ subject }`, or remove `scope`.',
  },
  P138: {
    meaning: 'A page in `keepForever` that its route does not match',
    remedy: 'Write a path of this route, or list the page in the route that matches it.',
  },
  P139: {
    meaning: 'One circuit with different settings',
    remedy: 'Use equal settings for all call sites of one `breaker.name`, or another name.',
  },
  P140: { meaning: '`slowRate` without `slowCall`', remedy: 'Add `slowCall`, or remove `slowRate`.' },
  P141: { meaning: 'A canary that no call reaches', remedy: 'Add `share`, `header` or `cookie`.' },
  P142: { meaning: 'A target that is both a canary and not', remedy: 'List the address once.' },
  P143: { meaning: 'A mirror to the service itself', remedy: 'Name another service in `mirror.to`.' },
  P144: {
    meaning: 'A time limit that no call reaches',
    remedy: 'Shorten it below the timeout, or lengthen the timeout.',
  },
  P145: { meaning: 'A lifetime for a response that is never stored', remedy: 'Remove the status from `cache.ttl`.' },
  P146: { meaning: 'A misspelled keyword in a JSON Schema', remedy: 'Write the keyword that the message names.' },
  P147: {
    meaning: 'A stored part that gets what its key does not cover',
    remedy: "Add the header to `cache.vary`, use `scope: 'user'`, or narrow the `pass` of the part.",
  },
  P148: {
    meaning: 'A part that names what its service does not pass',
    remedy: 'Add the name to the `pass` of the service, or remove it from the part.',
  },
  P149: {
    meaning: 'A part without its call, with two, or with one that its cache cannot key',
    remedy: 'Write `from`; with `each` write `batch`, or a function `from` with `concurrency`.',
  },
  P150: {
    meaning: 'A streamed aggregate with an option about one response',
    remedy: 'Remove `reply`, `response`, `cache` or `fallback` of the route, or move it to the parts.',
  },
  P151: {
    meaning: 'An origin that no browser sends, or `cors` without origins',
    remedy: "Write scheme, host and perhaps port: `'https://app.example'`.",
  },
  P152: {
    meaning: '`cors` with credentials for every page, or with a `*` that browsers ignore',
    remedy: 'Name the origins and the headers.',
  },
  P153: {
    meaning: 'A rate limit without a rate or a key, or `address` or `user` with a key',
    remedy: "Write `rate: '300/1m'`, and `key` for a limit with a name of its own.",
  },
  P154: {
    meaning: 'A rate limit by `user` where nothing names one, or not for every request',
    remedy: 'Add `auth`, or a guard that returns `{ subject }`, or count by `address`.',
  },
  P155: {
    meaning: '`allow`, or a rate limit by `address`, in a gateway that does not say which proxies are in front of it',
    remedy: 'Set `trustedProxies` in `portico.config.ts`; `[]` if there are none.',
  },
  P156: {
    meaning: 'An API key that is no hash',
    remedy: "Write `'name hash scope scope'`, with the SHA-256 of the key in hexadecimal digits.",
  },
  P157: {
    meaning: '`csrf: false` without a reason where a session may change something',
    remedy: "Write `csrf: { off: '…' }` with what else protects the route, or remove it.",
  },
  P158: {
    meaning: 'An origin in `csrf` that no browser sends, or that any page can have',
    remedy: "Write scheme, host and perhaps port: `'https://admin.example'`.",
  },
  P159: {
    meaning: '`origin` that is no origin, or is not on HTTPS outside of localhost',
    remedy: "Write scheme, host and perhaps port: `'https://shop.example'`.",
  },
  P160: {
    meaning: 'A sign-in without what it needs, or a session that nobody can begin',
    remedy: 'Write `origin`, `session` and `auth.oidc` in `portico.config.ts`.',
  },
  P161: {
    meaning: '`offline_access` with sessions in a cookie',
    remedy: "Use `session: { store: 'disk' }` or `'redis'`, or remove the scope.",
  },
  P162: {
    meaning: 'A session key that is missing or too short',
    remedy: 'Make one with `openssl rand -base64 32`.',
  },
  P163: {
    meaning: 'An environment variable with a secret that is not set',
    remedy: 'Set it, or name another variable.',
  },
  P164: {
    meaning: '`auth` that nobody can satisfy',
    remedy: 'Name a credential in `by` that the gateway has in its own `auth`.',
  },
  P165: {
    meaning: "`auth: 'optional'` below a folder that requires a user",
    remedy: 'Remove it, or write `auth: false`.',
  },
  P166: {
    meaning: 'A cache of a route with `auth` that does not say for whom it stores',
    remedy: "Write `scope: 'user'` or `shared: true`.",
  },
  P167: {
    meaning: '`keepForever` behind `auth`',
    remedy: 'Remove one of the two.',
  },
  P168: {
    meaning: 'A service that receives a token which the gateway does not have',
    remedy: "Add `auth.oidc`, or keep sessions with `store: 'disk'` or `'redis'`.",
  },
  P169: {
    meaning: 'The token of a user for a response that is stored for all',
    remedy: "Write `scope: 'user'`, or remove the cache.",
  },
  P170: {
    meaning: 'An identity provider over plain HTTP',
    remedy: 'Write its https URL; http is for localhost, and for names without a dot.',
  },
  P176: {
    meaning: 'An import by `paths` of tsconfig.json',
    remedy:
      'Add the `imports` entry of the report to package.json, and import by its name: Node and TypeScript read it.',
  },
} as const;

export type Code = keyof typeof CODES;
