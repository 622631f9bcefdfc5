import { writeFile } from 'node:fs/promises';
import { measureCosts } from './costs.ts';

const costs = await measureCosts();
console.log('calls of src/, calls of all JavaScript, and bytes allocated, per request\n');
for (const [name, { ownCalls, allCalls, bytes }] of Object.entries(costs)) {
  console.log(name.padEnd(12) + [ownCalls, allCalls, bytes].map(value => String(value).padStart(8)).join(''));
}
await writeFile(new URL('../results/costs.json', import.meta.url), `${JSON.stringify(costs, null, 2)}\n`);
