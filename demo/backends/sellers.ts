import { type Backend, startBackend } from './backend.ts';
import { notFound } from './response.ts';

const SELLERS = [
  { id: 'kiln-and-kettle', name: 'Kiln & Kettle', city: 'Faenza', rating: 4.8 },
  { id: 'north-window', name: 'North Window', city: 'Aarhus', rating: 4.6 },
  { id: 'bent-ash', name: 'Bent Ash Workshop', city: 'Bregenz', rating: 4.9 },
  { id: 'green-threshold', name: 'Green Threshold', city: 'Ghent', rating: 4.4 },
  { id: 'loom-lane', name: 'Loom Lane', city: 'Inverness', rating: 4.7 },
];

export function startSellers(): Promise<Backend> {
  return startBackend({
    name: 'sellers',
    handlers: {
      'GET /sellers/:id': ({ params }) => {
        const seller = SELLERS.find(({ id }) => id === params.id);
        return seller ? { json: seller } : notFound('seller');
      },
    },
  });
}
