import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './scripts/chromium.mjs';

/** What measures its own CPU time: with other tests before it or beside it, it takes more. `npm test` runs it by itself. */
const LOAD = '**/load.test.ts';

/** `unit` and `load` run in Node, `browser` runs `*.browser.test.ts` in real Chromium. */
export default defineConfig({
  test: {
    // On two cores Vitest would leave one to itself.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          // No test leaves anything in a module, and loading all of them anew for each of 128 files takes longer than most files do.
          isolate: false,
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', LOAD, '**/node_modules/**'],
        },
      },
      { test: { name: 'load', environment: 'node', include: [`packages/*/src/${LOAD}`] } },
      {
        // Vite looks for dependencies behind the tests, not behind the worker that they start; what it finds too late reloads a test in its midst.
        optimizeDeps: { entries: ['packages/storage/src/worker/main.ts'] },
        test: {
          name: 'browser',
          include: ['packages/*/src/**/*.browser.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: findChromium() ?? '',
                args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
