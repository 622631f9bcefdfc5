import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createGateway } from 'portico';

const app = express();

// Existing code: a sign-in, a page, a route of the app's own.
app.use((req, res, next) => {
  const user = /(?:^|; )user=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
  if (user !== undefined) res.locals.user = user;
  next();
});
app.get('/', (_req, res) => void res.send('<h1>Orders</h1><a href="/sign-in/ann">Sign in as Ann</a>'));
app.get('/sign-in/:user', (req, res) => void res.cookie('user', req.params.user).redirect('/api/orders'));
app.get('/own', (_req, res) => void res.json({ user: res.locals.user ?? null }));

// New: everything below /api is a file in routes/. No body parser may run before it.
const gateway = await createGateway({ dir: import.meta.dirname });
app.use('/api', gateway.handler);

const server = createServer(app);
// A WebSocket upgrade or a malformed request reaches the server and never Express.
gateway.attach(server, { mount: '/api' });
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`The app listens on http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close();
    // Lets open requests finish, then releases connections to backends and timers.
    await gateway.close();
    server.closeAllConnections();
  });
}
