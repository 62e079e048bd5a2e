import { defineConfig } from '@playwright/test';
import journeys from './playwright.config.ts';

/** `npm run e2e:faults`: the whole matrix; `npm test` runs a short form of it among the journeys. */
export default defineConfig({
  ...journeys,
  projects: [{ name: 'faults', testMatch: ['faults/*.spec.ts'] }],
  // What a fault costs is measured here.
  workers: 1,
  grepInvert: [],
  timeout: 15 * 60_000,
});
