import { defineService } from 'portico';

export const backend = defineService('backend', { targets: { env: 'BENCH_BACKEND' } });
