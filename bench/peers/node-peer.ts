import { startSubject } from '../subject.ts';
import type { Peer } from './peer.ts';

/** A program of `subjects/` as a peer. */
export async function startNodePeer(name: string, file: string, backendPort?: number): Promise<Peer> {
  const backend = backendPort === undefined ? {} : { BENCH_BACKEND: `http://127.0.0.1:${backendPort}` };
  const { pid, port, stop } = await startSubject(file, { ...backend, NODE_ENV: 'production' });
  return { name, port, pids: () => [pid], stop };
}
