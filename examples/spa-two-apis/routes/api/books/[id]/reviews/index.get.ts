import { defineRoute } from 'portico';
import { reviews } from '../../../../../services.ts';

export default defineRoute('/api/books/[id]/reviews', {
  proxy: reviews('/books/[id]/reviews'),
  // Stored until a review is written: the POST beside this file purges the tag.
  cache: { ttl: '1h', tags: c => [`reviews:${c.params.id}`] },
  // A page without reviews is better than no page.
  fallback: [],
});
