import { startNodePeer } from '../peers/node-peer.ts';
import type { Peer } from '../peers/peer.ts';

export async function startPortico(backendPort: number): Promise<Peer> {
  return startNodePeer('portico', 'portico', backendPort);
}

/** No cache: the minimum cost of a server in Node. */
export async function startBareNode(): Promise<Peer> {
  return startNodePeer('bare node:http', 'bare-answer');
}
