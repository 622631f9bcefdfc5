import type { Contender } from '../measure/rounds.ts';
import { measureRounds } from '../measure/rounds.ts';
import { StreamClients } from '../measure/stream-clients.ts';
import type { Peer } from '../peers/peer.ts';
import type { Bench } from './bench.ts';

const CLIENTS = 1_000;
const EVENTS_A_TURN = 10;
/** Long enough that all clients have an event before the next one is sent: otherwise events arrive in one piece. */
const INTERVAL_MS = 100;

const KINDS = [
  {
    id: 'events',
    title: 'An event to 1,000 clients of an event stream',
    fields: 'Accept: text/event-stream\r\n',
  },
  {
    id: 'sockets',
    title: 'An event to 1,000 WebSockets',
    fields:
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
  },
] as const;

/** The backend sends each event to every client, each with a connection of its own through the server. */
export async function streams(bench: Bench): Promise<void> {
  for (const { id, title, fields } of KINDS) {
    const contenders: Contender[] = [];
    const opened: StreamClients[] = [];
    for (const [i, peer] of (await bench.start('portico', 'bare node:http + undici', 'nginx')).entries()) {
      const clients = await StreamClients.open(peer.port, `/${id}/${i}`, fields, CLIENTS);
      opened.push(clients);
      contenders.push(broadcast(bench, peer, String(i), clients));
    }
    // Code is compiled while it runs.
    for (const contender of contenders) await contender.run(3 * EVENTS_A_TURN * CLIENTS);
    const pace = { rounds: bench.settings.rounds, turns: 2, requests: EVENTS_A_TURN * CLIENTS };
    bench.record({ id, title, per: 'event and client', subjects: await measureRounds(contenders, pace) });
    for (const clients of opened) clients.close();
    await bench.stopAll();
  }
}

function broadcast({ backend }: Bench, { name, pids }: Peer, group: string, clients: StreamClients): Contender {
  return {
    name,
    pids,
    async run(events) {
      const received = clients.received(events);
      backend.process.send({ group, events: events / clients.count, intervalMs: INTERVAL_MS });
      await received;
    },
  };
}
