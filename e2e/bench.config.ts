import { defineConfig } from '@playwright/test';

/** `npm run bench`: the same browsers as the journeys, but each test measures and hands in rows for the table. */
export default defineConfig({
  testDir: 'bench',
  testMatch: '*.bench.ts',
  workers: 1,
  timeout: 30 * 60_000,
  reporter: [['list'], ['./bench/support/table-reporter.ts']],
  outputDir: '../test-results',
});
