import { loadavg } from 'node:os';
import { measureDevLoop } from './measure.ts';

const ROUTES = 5_001;
const SAVES = 5;

console.log(`${ROUTES} routes, ${SAVES} saves; load average before the run: ${loadavg()[0]?.toFixed(1)}`);
const { startMs, savedMs, reloadCpuMs, checkMs, checkCpuMs, watches } = await measureDevLoop(ROUTES, SAVES);
const rounded = (values: readonly number[]) => values.map(value => value.toFixed(0)).join(' ');
console.log(`dev: served after ${rounded([startMs])} ms`);
console.log(`save to served: ${rounded(savedMs)} ms`);
console.log(`CPU of a reload, primary and new worker: ${rounded(reloadCpuMs)} ms`);
console.log(`check: ${rounded([checkMs])} ms, CPU ${rounded([checkCpuMs])} ms`);
console.log(`watches of the system: ${watches}`);
