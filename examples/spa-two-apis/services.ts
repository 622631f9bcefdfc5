import { defineService } from 'portico';

export const books = defineService('books', {
  targets: { env: 'BOOKS_TARGETS', default: ['http://127.0.0.1:4001'] },
});

export const reviews = defineService('reviews', {
  targets: { env: 'REVIEWS_TARGETS', default: ['http://127.0.0.1:4002'] },
});
