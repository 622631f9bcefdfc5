import { startHaproxy, startNginx, startVarnish } from './daemons.ts';
import { startNodePeer } from './node-peer.ts';
import type { PackedPortico } from './packed.ts';
import type { Missing, Peer } from './peer.ts';

/** What a peer needs to start. */
export interface Surroundings {
  readonly portico: PackedPortico;
  readonly backendPort: number;
  /** A folder for configurations and stored responses. */
  readonly dir: string;
}

type Start = (surroundings: Surroundings) => Promise<Peer | Missing>;

const node =
  (name: string, file: string): Start =>
  ({ backendPort }) =>
    startNodePeer(name, file, backendPort);

/** Every server of the table, by the name that it has there. */
const STARTS = {
  portico: ({ portico, backendPort }) => portico.peer(backendPort),
  'bare node:http + undici': node('bare node:http + undici', 'bare'),
  'bare node:http': node('bare node:http', 'bare-answer'),
  nginx: ({ backendPort, dir }) => startNginx(backendPort, dir),
  haproxy: ({ backendPort, dir }) => startHaproxy(backendPort, dir),
  varnish: ({ backendPort, dir }) => startVarnish(backendPort, dir),
  '@fastify/http-proxy': node('@fastify/http-proxy', 'fastify-proxy'),
  'Express + http-proxy-middleware': node('Express + http-proxy-middleware', 'express-hpm'),
  'Express + fetch by hand': node('Express + fetch by hand', 'express-fetch'),
  'node:http + undici by hand': node('node:http + undici by hand', 'undici-by-hand'),
} satisfies Record<string, Start>;

export type PeerName = keyof typeof STARTS;

export function startPeer(name: PeerName, surroundings: Surroundings): Promise<Peer | Missing> {
  return STARTS[name](surroundings);
}
