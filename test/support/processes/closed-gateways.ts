import { setImmediate as turn } from 'node:timers/promises';
import request from 'supertest';
import { createGateway } from '../../../src/gateway.ts';

// Creates and closes gateways, and says how many of them are still in memory. Needs --expose-gc.
const [dir = '', use = '', count = '0'] = process.argv.slice(2);

async function madeAndClosed(): Promise<WeakRef<object>> {
  const gateway = await createGateway({ dir, logLevel: 'silent' });
  if (use === 'app') await request(gateway.app).get('/a');
  if (use === 'listen' || use === 'drain') {
    const address = await gateway.listen({ port: 0 });
    if (typeof address === 'object') await (await fetch(`http://127.0.0.1:${address.port}/a`)).text();
  }
  await gateway.close(use === 'drain' ? {} : { graceMs: 0 });
  return new WeakRef(gateway);
}

const opened = () => process.getActiveResourcesInfo().sort();
const before = opened();
const made: WeakRef<object>[] = [];
for (let i = 0; i < Number(count); i++) made.push(await madeAndClosed());
// The client of the last gateway learns a moment later that its connection is closed.
const deadline = performance.now() + 5_000;
while (opened().join() !== before.join() && performance.now() < deadline) await turn();
for (let i = 0; i < 3; i++) {
  await turn();
  globalThis.gc?.();
}
const alive = made.filter(each => each.deref() !== undefined).length;
process.stdout.write(JSON.stringify({ made: made.length, alive, before, after: opened() }));
