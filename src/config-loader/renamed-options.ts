/** Options by the names that they had in 0.1, as paths from the definition, and the names that they have now. */
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

/** Options that other tools have under these names, with the way to the same here. */
const OF_OTHER_TOOLS: Readonly<Record<string, string>> = {
  'cache.staleWhileRevalidate': 'write "swr"',
  'cache.maxAge': 'write "ttl"',
  cors: 'use middleware of Express: defineGateway({ use: [cors()] }) in portico.config.ts',
  target: 'write "proxy"',
  url: 'write "proxy"',
};

/**
 * What to write in place of an unknown option; undefined where its name is neither an old one nor one of other tools.
 * @param path where it is written: `['aggregate', 'price', 'breaker', 'reset']`. Parts and canaries have the options of
 * routes and services.
 */
export function optionAdvice(path: readonly string[]): string | undefined {
  const from = path[0] === 'aggregate' ? 2 : path[0] === 'canary' ? 1 : 0;
  const written = path.slice(from).join('.');
  if (Object.hasOwn(RENAMED, written)) return `write "${RENAMED[written]}": that is its name now`;
  return Object.hasOwn(OF_OTHER_TOOLS, written) ? OF_OTHER_TOOLS[written] : undefined;
}
