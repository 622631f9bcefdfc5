import { defineService } from 'portico';

export const backend = defineService('backend', { targets: { env: 'BENCH_BACKEND' } });

/** A herd that nobody may share is 200 calls at once: what a limit makes of them is another request. */
export const herded = defineService('herded', { targets: { env: 'BENCH_BACKEND' }, concurrency: 256 });
