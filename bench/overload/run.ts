import { mkdirSync, writeFileSync } from 'node:fs';
import { kill } from './kill.ts';
import { spike } from './spike.ts';

const RESULTS = new URL('../results/', import.meta.url);

const { table, svg } = await spike();
const page = `# What the shield does

\`npm run bench:overload\`: \`portico start\`, backends and clients, each a process of its own on one machine; clients ask at a rate that no answer slows down.

## Ten times the load

A backend with eight places of 40 ms, and a queue before them in which it works on for clients that left. It is asked 200 times a second, which is all that it can do, then 2,000 times, then 200 again, for ten seconds each. Good is a
response within one second. \`shielded\` is a service as it is by default, \`bare\` one with \`concurrency: false\`; both routes say \`timeout: '1s'\`. \`cold\`: the spike is the first that the gateway hears of the service.

${table}

![Good answers a second](spike.svg)

## Machines that are killed

Three machines, 500 requests a second for 40 s. Every ten seconds another one is ended with \`kill -9\`, and comes back after five.

${await kill()}
`;
mkdirSync(RESULTS, { recursive: true });
writeFileSync(new URL('spike.svg', RESULTS), svg);
writeFileSync(new URL('overload.md', RESULTS), page);
console.log(page);
