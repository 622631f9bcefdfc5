import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A target that may be killed at any moment and restarts on the same port.
const [port = '0'] = process.argv.slice(2);

const server = createServer((_req, res) => {
  setTimeout(() => res.end('an answer'), 5);
});
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
