import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// An application server: each response is another one, and says what the gateway told about the client.
const [ledger = '', port = '0'] = process.argv.slice(2);
const file = openSync(ledger, 'a');
let made = 0;
/** Requests below `/held` get their response when somebody requests `/release`. */
const held: (() => void)[] = [];

const server = createServer((req, res) => {
  if (req.url === '/healthz') {
    res.end('ok');
    return;
  }
  req.resume();
  req.on('end', () => {
    writeSync(file, `${req.method} ${req.url} \n`);
    const { 'x-forwarded-for': clients, 'x-forwarded-proto': protocol } = req.headers;
    if (req.url === '/release') for (const respond of held.splice(0)) respond();
    const body = { made: `${process.pid}-${++made}`, path: req.url, clients, protocol };
    const respond = () => res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (req.url?.startsWith('/held')) held.push(respond);
    else respond();
  });
});
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
