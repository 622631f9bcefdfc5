import { mkdirSync, writeFileSync } from 'node:fs';
import { kill } from './kill.ts';
import { spike } from './spike.ts';

const RESULTS = new URL('../results/', import.meta.url);

const { table, svg } = await spike();
const page = `# The effect of the limit

\`npm run bench:overload\`: \`portico start\`, backends and clients, each in a process of its own on one computer;
clients send at a rate that is independent of responses.

## Ten times the load

A backend with eight slots of 40 ms and a queue, which does not notice disconnected clients. It receives 200 requests a
second, which is its capacity, then 2,000, then 200 again, for ten seconds each. A good response arrives within one
second. \`shielded\` is a service with the defaults, \`bare\` one with \`concurrency: false\`; both routes have
\`timeout: '1s'\`. \`cold\`: the spike is the gateway's first traffic to the service.

${table}

![Good responses per second](spike.svg)

## Targets that are killed

Three targets, 500 requests a second for 40 s. Every ten seconds another one is killed with \`kill -9\` and restarts
after five.

${await kill()}
`;
mkdirSync(RESULTS, { recursive: true });
writeFileSync(new URL('spike.svg', RESULTS), svg);
writeFileSync(new URL('overload.md', RESULTS), page);
console.log(page);
