import { defineRoute } from 'portico';
import { books } from '../../../services.ts';

export default defineRoute('/api/books', {
  // The path at the backend need not be the public one.
  proxy: books('/v1/books'),
  // Books change seldom: after five minutes the old list is sent once more while a new one is fetched.
  cache: { ttl: '5m', swr: '1h', staleIfError: '1d' },
});
