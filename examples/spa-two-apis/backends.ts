import type { Backends } from '../backends.ts';

const books = [
  { id: 'b1', title: 'The Left Hand of Darkness', author: 'Ursula K. Le Guin' },
  { id: 'b2', title: 'Kindred', author: 'Octavia E. Butler' },
  { id: 'b3', title: 'Roadside Picnic', author: 'Arkady and Boris Strugatsky' },
];

const reviews = new Map([
  ['b1', ['A planet of winter, and of trust.']],
  ['b2', ['Not to be put down.', 'A past that does not end.']],
  ['b3', []],
]);

export default {
  books: ({ path }) => (path === '/v1/books' ? books : undefined),
  reviews: ({ method, path, body }) => {
    const ofBook = reviews.get(/^\/books\/(\w+)\/reviews$/.exec(path)?.[1] ?? '');
    if (method === 'POST') ofBook?.push(JSON.parse(body).text);
    return ofBook;
  },
} satisfies Backends;
