import { defineRoute } from 'portico';
import { recommendations } from '#services';
import { Recommendations } from '../../../schemas/shop/recommendations.ts';

// Small numbers, so that a visitor of the demo sees the circuit open and close again.
export default defineRoute('/api/recommendations/[user]', {
  proxy: recommendations('/for/[user]'),
  response: Recommendations,
  timeout: '400ms',
  breaker: { errorRate: '50%', minRequests: 5, window: '10s', resetTimeout: '5s' },
  fallback: { items: [] },
});
