import { createRequire } from 'node:module';
import type * as Library from 'undici';

const load = createRequire(import.meta.url);

// The package as a whole loads fetch, WebSocket, caches and mocks, which are not used: twice the CPU.
export const Pool: typeof Library.Pool = load('undici/lib/dispatcher/pool.js');
export const buildConnector: typeof Library.buildConnector = load('undici/lib/core/connect.js');
export const errors: typeof Library.errors = load('undici/lib/core/errors.js');
