import { defineService } from 'portico';

export const backend = defineService('backend', { targets: { env: 'BENCH_BACKEND' } });

/** An unshareable burst is 200 calls at once, which a limit would change. */
export const herded = defineService('herded', { targets: { env: 'BENCH_BACKEND' }, concurrency: 256 });
