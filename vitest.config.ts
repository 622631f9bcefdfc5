import { defineConfig } from 'vitest/config';

const report = process.env.PORTICO_TEST_REPORT;

// Tests load routes as production does: by Node itself. Through Vite a route with an `enum` would load, by Node it is refused.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--conditions=portico-source'],
    experimental: { viteModuleRunner: false },
    testTimeout: 30_000,
    // A machine that does other work, too, takes longer than the usual second.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
