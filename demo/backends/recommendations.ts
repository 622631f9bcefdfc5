import { type Backend, startBackend } from './backend.ts';
import { PRODUCTS } from './products.ts';

const SHOWN = 5;

export function startRecommendations(): Promise<Backend> {
  return startBackend({
    name: 'recommendations',
    handlers: {
      'GET /for/:user': ({ params }) => ({
        headers: { 'Cache-Control': 'private, no-store' },
        json: { items: pickFor(params.user ?? '') },
      }),
    },
  });
}

function pickFor(user: string): string[] {
  const start = [...user].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return Array.from({ length: SHOWN }, (_, n) => PRODUCTS[(start + n * 7) % PRODUCTS.length]?.id ?? '');
}
