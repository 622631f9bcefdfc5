import { defineRoute } from 'portico';
import { reviews } from '../../../../../services.ts';

export default defineRoute('/api/books/[id]/reviews', {
  // Validated before the call; a mismatch is 422 with the position of the mistake.
  body: {
    type: 'object',
    required: ['text'],
    properties: { text: { type: 'string', minLength: 1, maxLength: 200 } },
    additionalProperties: false,
  },
  proxy: reviews('/books/[id]/reviews'),
  purges: c => [`reviews:${c.params.id}`],
});
