import { notFound } from './answer.ts';
import { type Backend, CHAOS_MODES, type ChaosMode, startBackend } from './backend.ts';

/** The control backend: makes the others slow, sick or dead, and well again. */
export function startChaos(backends: ReadonlyMap<string, Backend>): Promise<Backend> {
  const state = ({ name, chaos, requests }: Backend) => ({ name, mode: chaos, requests: requests.length });
  return startBackend({
    name: 'chaos',
    answers: {
      'GET /chaos': () => ({
        headers: { 'Cache-Control': 'no-store' },
        json: { backends: [...backends.values()].map(state) },
      }),
      'PUT /chaos/:name': async ({ params: { name = '' }, json }) => {
        const backend = backends.get(name);
        if (!backend) return notFound('backend');
        const mode = parseMode(await json());
        if (!mode) return { status: 400, json: { error: `say { mode } with one of ${CHAOS_MODES.join(', ')}` } };
        await backend.become(mode);
        return { json: state(backend) };
      },
    },
  });
}

function parseMode(body: unknown): ChaosMode | undefined {
  if (typeof body !== 'object' || body === null || !('mode' in body)) return undefined;
  const { mode } = body;
  return CHAOS_MODES.find(known => known === mode);
}
