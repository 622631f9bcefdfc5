import { defineConfig } from 'vitest/config';

const report = process.env.PORTICO_TEST_REPORT;

// Tests load routes as production does, by Node itself. Vite would load a route with an `enum`, which Node rejects.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    execArgv: ['--conditions=portico-source'],
    experimental: { viteModuleRunner: false },
    testTimeout: 30_000,
    // A busy computer takes longer than the default second.
    expect: { poll: { timeout: 10_000 } },
    hookTimeout: 60_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
