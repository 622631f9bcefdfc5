import { defineService } from 'portico';

const targets = { env: 'BENCH_BACKEND' } as const;

export const backend = defineService('backend', { targets });
export const unlimited = defineService('unlimited', { targets, concurrency: false });
export const unwatched = defineService('unwatched', { targets, ejection: false, slowStart: false });
/** Without everything that a service can be without. */
export const plain = defineService('plain', { targets, concurrency: false, ejection: false, slowStart: false });
