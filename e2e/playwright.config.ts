import { defineConfig } from '@playwright/test';

const LINES = 'lab/line.spec.ts';

/** Journeys in real Chromium, each with several browsers, two at a time: on two cores one by itself waits more than it computes. */
export default defineConfig({
  testDir: '.',
  projects: [
    {
      name: 'journeys',
      testMatch: [
        'journeys/*.spec.ts',
        'firefox/*.spec.ts',
        'hostile/*.spec.ts',
        'faults/*.spec.ts',
        'lab/*.spec.ts',
        'self-host/*.spec.ts',
      ],
      testIgnore: LINES,
    },
    // Measures packets, and has the machine to itself.
    { name: 'lines', testMatch: LINES, dependencies: ['journeys'] },
  ],
  // Faults that `npm run e2e:faults` alone goes through: each takes a quarter of a minute.
  grepInvert: /@full/,
  // One that was forgotten would leave out all others, and the run be green.
  forbidOnly: true,
  workers: 2,
  fullyParallel: false,
  retries: 0,
  // A state that comes late on a busy machine still comes: speed is what the benchmarks judge.
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json', { outputFile: process.env['SHOAL_REPORT'] ?? '../.reports/e2e.json' }]],
  outputDir: '../test-results',
});
