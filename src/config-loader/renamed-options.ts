/** Option paths of version 0.1 with their new names. */
const RENAMED: Readonly<Record<string, string>> = {
  'cache.staticise': 'keepForever',
  'cache.staticise.most': 'max',
  'cache.keepForever.most': 'max',
  'timeout.head': 'headers',
  'breaker.reset': 'resetTimeout',
  'breaker.resetMost': 'maxResetTimeout',
  'hedge.most': 'max',
  'mirror.most': 'max',
  'ejection.first': 'baseTime',
  'ejection.longest': 'maxTime',
  'health.every': 'interval',
  'health.down': 'unhealthyThreshold',
  'health.up': 'healthyThreshold',
  'targets.every': 'interval',
  'limits.headTime': 'headersTimeout',
  'limits.bodyRate': 'minBodyRate',
  identityHeaders: 'strippedRequestHeaders',
  origins: 'allowedOrigins',
  needs: 'dependsOn',
};

/** Options of other tools, with the equivalent of this one. */
const OF_OTHER_TOOLS: Readonly<Record<string, string>> = {
  'cache.staleWhileRevalidate': 'write "swr"',
  'cache.maxAge': 'write "ttl"',
  'cors.origin': 'write "origins", a list',
  'cors.methods': 'remove it: the methods are those of the route files',
  target: 'write "proxy"',
  url: 'write "proxy"',
};

/**
 * The replacement for an unknown option; undefined if its name is neither an old one nor one of another tool.
 * @param path its position: `['aggregate', 'price', 'breaker', 'reset']`. Parts and canaries have the options of routes
 * and services.
 */
export function optionAdvice(path: readonly string[]): string | undefined {
  const from = path[0] === 'aggregate' ? 2 : path[0] === 'canary' ? 1 : 0;
  const written = path.slice(from).join('.');
  if (Object.hasOwn(RENAMED, written)) return `write "${RENAMED[written]}": that is its name now`;
  return Object.hasOwn(OF_OTHER_TOOLS, written) ? OF_OTHER_TOOLS[written] : undefined;
}
