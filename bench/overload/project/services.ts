import { defineService } from 'portico';

const nowhere = ['http://127.0.0.1:9'];
const slots = { env: 'BENCH_SLOTS', default: nowhere };

/** One backend, with the default limit and without one. */
export const shielded = defineService('shielded', { targets: slots });
export const bare = defineService('bare', { targets: slots, concurrency: false, ejection: false });

/** Three targets, one of which is killed. */
export const targets = defineService('machines', { targets: { env: 'BENCH_MACHINES', default: nowhere } });
