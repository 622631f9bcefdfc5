/**
 * Every default of the product, and the only place where one stands. README's option tables are tested against it.
 * Durations and sizes are written as a team writes them.
 */
export const DEFAULTS = {
  timeout: { connect: '1s', head: '10s', idle: '30s' },
  breaker: { errorRate: '50%', minRequests: 20, window: '10s', reset: '5s', slowRate: '50%', resetMost: '60s' },
  retry: { attempts: 2, idempotencyKey: false },
  hedge: { most: '5%' },
  priority: 'default',
  service: {
    balance: 'ewma',
    slowStart: '30s',
    concurrency: 'adaptive',
    streams: 10_000,
    transport: 'undici',
    cacheGroups: true,
  },
  discovery: { every: '10s' },
  health: { every: '5s', timeout: '2s', down: 3, up: 2, status: '2xx' },
  mirror: { share: '100%', most: 10 },
  ejection: { failures: 5, first: '1s', longest: '30s', mostShare: 0.5, panicShare: 0.5 },
  cache: {
    memory: '256MB',
    largestShare: 0.05,
    object: '8MB',
    profile: 'default',
    setCookie: false,
    staticise: { most: 1000 },
    disk: { size: '1GB' },
    redis: { prefix: 'portico:', singleFlight: false },
  },
  limits: {
    body: '1MB',
    head: '16KB',
    headers: 100,
    url: '8KB',
    cookies: '8KB',
    headTime: '10s',
    bodyRate: '500B',
    connections: 10_000,
    requestsPerSocket: 1_000,
  },
  compress: { least: '1KB' },
  redirect: { status: 307 },
  gateway: {
    serverTiming: false,
    trustedProxies: [],
    identityHeaders: ['x-user-*', 'x-internal-*'],
    leakGuard: false,
  },
  server: { port: 8080, host: '127.0.0.1', adminPort: 9090, drain: '10s', workers: 0 },
} as const;
