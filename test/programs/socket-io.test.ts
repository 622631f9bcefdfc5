import { Server } from 'socket.io';
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';
import { TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function chat(transport: string) {
  const { url, server } = await backend((_req, res) => res.writeHead(404).end());
  const sockets = new Server(server);
  open.push(sockets);
  sockets.on('connection', socket => {
    socket.on('say', (text: string, heard: (text: string) => void) => heard(`heard ${text}`));
    socket.on('blob', (bytes: Buffer, heard: (bytes: Buffer) => void) => heard(bytes));
  });
  const service = `defineService('chat', { targets: ['${url}'], transport: '${transport}' })`;
  return gateway({ 'routes/live/chat/[[...path]].ts': route(`{ proxy: ${service}('/socket.io/[[...path]]') }`) });
}

function connected(socket: Socket): Promise<void> {
  open.push(socket);
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
}

describe.each(TRANSPORTS)('socket.io at a prefix, over %s', transport => {
  it('starts with polling and upgrades to a WebSocket', async () => {
    const { url } = await chat(transport);
    const client = io(url, { path: '/live/chat/', reconnection: false });
    const upgraded = new Promise<string>(resolve => {
      client.io.once('open', () => client.io.engine.once('upgrade', ({ name }: { name: string }) => resolve(name)));
    });
    await connected(client);
    expect(await client.emitWithAck('say', 'hello')).toBe('heard hello');
    expect(await upgraded).toBe('websocket');
    expect(await client.emitWithAck('say', 'again')).toBe('heard again');
    const bytes = Buffer.alloc(200_000, 7);
    expect(bytes.equals(Buffer.from(await client.emitWithAck('blob', bytes)))).toBe(true);
  });

  it.each([['polling'], ['websocket']])('works with %s alone', async only => {
    const { url } = await chat(transport);
    const client = io(url, { path: '/live/chat/', transports: [only], reconnection: false });
    await connected(client);
    expect(await client.emitWithAck('say', 'hello')).toBe('heard hello');
  });
});
