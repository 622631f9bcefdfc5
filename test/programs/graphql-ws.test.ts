import { setImmediate as turn } from 'node:timers/promises';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';

const { backend, gateway } = testResources();

it('graphql-ws subscribes, receives errors, and ends from either side', async () => {
  const { url, server } = await backend((_req, res) => res.writeHead(404).end());
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  let left = 0;
  const roots = {
    subscription: {
      async *count({ to }: { to: number }) {
        try {
          for (let i = 1; i <= to; i++) {
            yield { count: i };
            await turn();
          }
        } finally {
          left++;
        }
      },
    },
  };
  const schema = buildSchema('type Query { a: Int } type Subscription { count(to: Int!): Int }');
  useServer({ schema, roots }, sockets);
  const { url: front } = await gateway({ 'routes/api/graphql.ts': route(`{ proxy: '${url}/graphql' }`) });
  const client = createClient({
    url: `${front.replace('http', 'ws')}/api/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const counted: unknown[] = [];
  for await (const { data } of client.iterate({ query: 'subscription { count(to: 3) }' })) counted.push(data);
  expect(counted).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }]);
  const endless = client.iterate({ query: 'subscription { count(to: 1000000000) }' });
  await endless.next();
  await endless.return?.();
  await expect.poll(() => left).toBe(2);
  const wrong = await client
    .iterate({ query: 'subscription { nothing }' })
    .next()
    .catch((errors: unknown) => errors);
  expect(JSON.stringify(wrong)).toContain('nothing');
  await client.dispose();
  await expect.poll(() => sockets.clients.size).toBe(0);
});
