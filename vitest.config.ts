import { defineConfig } from 'vitest/config';

// Tests load routes as production does: by Node itself. Through Vite a route with an `enum` would load, by Node it is refused.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--conditions=portico-source'],
    experimental: { viteModuleRunner: false },
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
