import { defineRoute } from 'portico';
import { books } from '../../../services.ts';

export default defineRoute('/api/books', {
  // The backend's path may differ from the public one.
  proxy: books('/v1/books'),
  // Books change rarely: after five minutes the stale list is served while it is revalidated.
  cache: { ttl: '5m', swr: '1h', staleIfError: '1d' },
});
