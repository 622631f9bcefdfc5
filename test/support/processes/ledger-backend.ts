import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// A backend that may be killed at any moment: it records an executed request on disk before it responds.
const [ledger = '', port = '0'] = process.argv.slice(2);
const file = openSync(ledger, 'a');

const server = createServer((req, res) => {
  req.resume();
  req.on('end', () => {
    writeSync(file, `${req.method} ${req.url} ${req.headers['x-ledger'] ?? ''}\n`);
    setTimeout(() => res.end('done'), 2);
  });
});
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
