/** Every policy that a proxied GET can have, apart from the cache. */
export const every = {
  guard: () => undefined,
  compress: true,
  timeout: { connect: '1s', headers: '5s', idle: '10s', total: '20s' },
  breaker: { errorRate: '50%', slowCall: '4s' },
  retry: { attempts: 3 },
  hedge: { after: '4s' },
  headers: { 'x-api-key': 'a key' },
  priority: 'critical',
} as const;

export const query = {
  type: 'object',
  properties: { page: { type: 'integer', minimum: 1 } },
  additionalProperties: false,
} as const;
