import { type Backend, CHAOS_MODES, type ChaosMode, startBackend } from './backend.ts';
import { type BackendResponse, notFound } from './response.ts';

/** The control backend: makes the others slow, failing or dead, and ok again. */
export function startChaos(backends: ReadonlyMap<string, Backend>): Promise<Backend> {
  const state = ({ name, chaos, requests }: Backend) => ({ name, mode: chaos, requests: requests.length });
  const list = (): BackendResponse => ({
    headers: { 'Cache-Control': 'no-store' },
    json: { backends: [...backends.values()].map(state) },
  });
  return startBackend({
    name: 'chaos',
    handlers: {
      'GET /chaos': list,
      'DELETE /chaos': async () => {
        await Promise.all([...backends.values()].map(backend => backend.become('ok')));
        return list();
      },
      'PUT /chaos/:name': async ({ params: { name = '' }, json }) => {
        const backend = backends.get(name);
        if (!backend) return notFound('backend');
        const mode = parseMode(await json());
        if (!mode)
          return { status: 400, json: { error: `the body must be { mode }, one of ${CHAOS_MODES.join(', ')}` } };
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
