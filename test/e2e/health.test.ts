import { expect, it } from 'vitest';
import { route } from '../support/gateway.ts';
import { testResources } from '../support/resources.ts';
import { serviceTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

it.each(TRANSPORTS)('a target whose health check fails gets no calls until it recovers, over %s', async transport => {
  const ready = { one: true, two: true };
  const start = (name: 'one' | 'two') =>
    backend((req, res) => {
      if (req.url === '/readyz') res.statusCode = ready[name] ? 204 : 503;
      res.end(req.url === '/readyz' ? undefined : name);
    });
  const [one, two] = await Promise.all([start('one'), start('two')]);
  const service = serviceTo([one.url, two.url], transport).replace(
    ' }',
    ", balance: 'round-robin', slowStart: false, health: { path: '/readyz', interval: '50ms' } }",
  );
  const { url, gateway: running } = await gateway({ 'routes/a.ts': route(`{ proxy: ${service} }`) });
  const responses = async (): Promise<string> => {
    const texts = [];
    for (let i = 0; i < 4; i++) texts.push(await (await fetch(`${url}/a`)).text());
    return [...new Set(texts)].sort().join(' ');
  };
  expect(await responses()).toBe('one two');
  ready.one = false;
  await expect.poll(responses, { timeout: 5_000 }).toBe('two');
  const metrics = JSON.stringify(await running.metrics());
  expect(metrics).toContain('{"service":"backends","state":"unhealthy"}');
  ready.one = true;
  await expect.poll(responses, { timeout: 5_000 }).toBe('one two');
  // A check reuses its connection.
  const sockets = new Set(two.requests.filter(req => req.url === '/readyz').map(req => req.socket));
  expect(sockets.size).toBe(1);
});
