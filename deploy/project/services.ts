import { defineService } from 'portico';

/** The application servers, separated by commas. Each of them has the path of the health check. */
export const app = defineService('app', {
  targets: { env: 'APP_TARGETS', default: ['http://127.0.0.1:3000'] },
  health: { path: '/healthz', interval: '1s' },
});
