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

/**
 * The name that an option has now; undefined where the old names have none such.
 * @param path where it is written: `['aggregate', 'price', 'breaker', 'reset']`. Parts and canaries have the options of
 * routes and services.
 */
export function renamedOption(path: readonly string[]): string | undefined {
  const from = path[0] === 'aggregate' ? 2 : path[0] === 'canary' ? 1 : 0;
  const written = path.slice(from).join('.');
  return Object.hasOwn(RENAMED, written) ? RENAMED[written] : undefined;
}
