import { type Backend, startBackend } from './backend.ts';
import { PRODUCTS } from './products.ts';

const SHOWN = 5;
const FAILS_EVERY = 6;

/** The unreliable one: every sixth answer is a 500, as things that guess sometimes do. */
export function startRecommendations(): Promise<Backend> {
  let asked = 0;
  return startBackend({
    name: 'recommendations',
    answers: {
      'GET /for/:user': ({ params }) => {
        asked += 1;
        if (asked % FAILS_EVERY === 0) return { status: 500, json: { error: 'the model lost its train of thought' } };
        return { headers: { 'Cache-Control': 'private, no-store' }, json: { items: pickFor(params.user ?? '') } };
      },
    },
  });
}

function pickFor(user: string): string[] {
  const start = [...user].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return Array.from({ length: SHOWN }, (_, n) => PRODUCTS[(start + n * 7) % PRODUCTS.length]?.id ?? '');
}
