import { EventSource } from 'eventsource';
import { describe, expect, it } from 'vitest';
import { testResources } from '../support/resources.ts';
import { everythingTo, TRANSPORTS } from '../support/transports.ts';

const { backend, gateway } = testResources();

describe.each(TRANSPORTS)('EventSource behind the gateway, over %s', transport => {
  it('receives every event, and resumes after the last one when its backend breaks off', async () => {
    const asked: (string | undefined)[] = [];
    const { url } = await backend((req, res) => {
      const last = req.headers['last-event-id'];
      asked.push(typeof last === 'string' ? last : undefined);
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      const from = Number(last ?? 0);
      res.write('retry: 10\n\n');
      for (let id = from + 1; id <= from + 3; id++) res.write(`id: ${id}\nevent: tick\ndata: {"n":${id}}\n\n`);
      // Once in the middle of an event.
      if (asked.length === 1) setImmediate(() => res.destroy());
    });
    const { url: front } = await gateway(everythingTo(url, transport));
    const source = new EventSource(`${front}/events`);
    const heard: number[] = [];
    await new Promise<void>(resolve => {
      source.addEventListener('tick', ({ data }) => {
        heard.push(JSON.parse(data).n);
        if (heard.length === 6) resolve();
      });
    });
    source.close();
    expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
    expect(asked).toEqual([undefined, '3']);
  });
});
