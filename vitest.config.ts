import { defineConfig } from 'vitest/config';

const report = process.env.PORTICO_TEST_REPORT;

/** Folders whose tests start few processes and mostly have a clock of their own: two of their files may run at once. */
const QUICK = [
  'chain',
  'config',
  'config-loader',
  'conformance',
  'core',
  'handlers',
  'middleware',
  'policies',
  'router',
  'service',
];
/** Folders whose tests start processes and wait for them, without a load: two of their files may run at once, too. */
const WAITING = [
  'admin',
  'cli',
  'client',
  'demo',
  'docs',
  'examples',
  'http',
  'identity',
  'import',
  'mock',
  'openapi',
  'package',
  'programs',
  'recordings',
  'telemetry',
  'why',
];
/** Whole gateways, without a browser and without a load. */
const WHOLE_WAITING = ['compress', 'cors', 'csrf', 'discovery', 'health', 'https', 'mirror', 'sign-in', 'warm-restart'];
const quick = filesOf(QUICK);
const waiting = [filesOf(WAITING), `test/e2e/{${WHOLE_WAITING.join(',')}}.test.ts`];

function filesOf(folders: readonly string[]): string {
  return `test/{${folders.join(',')}}/**/*.test.ts`;
}

// Tests load routes as production does, by Node itself. Vite would load a route with an `enum`, which Node rejects.
const common = {
  execArgv: ['--conditions=portico-source'],
  experimental: { viteModuleRunner: false },
  testTimeout: 30_000,
  // A busy computer takes longer than the default second.
  expect: { poll: { timeout: 10_000 } },
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      { test: { ...common, name: 'units', include: [quick], maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...common,
          name: 'processes',
          include: waiting,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'whole',
          include: ['test/**/*.test.ts'],
          exclude: [quick, ...waiting],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
