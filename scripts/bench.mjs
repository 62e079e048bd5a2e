// `npm run bench [-- NAME…] [-- --json FILE]`: measures in real Chromium and prints one table.
import { join, resolve } from 'node:path';
import { argv, env, exit } from 'node:process';
import { ensureBrowser, ensureFirefox } from './lib/browser.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ensureLab } from './lib/lab.mjs';
import { runLive } from './lib/run-live.mjs';
import { ROOT } from './lib/run.mjs';

const args = argv.slice(2);
const at = args.indexOf('--json');
const json = at === -1 ? undefined : args.splice(at, 2)[1];

await ensureInstalled();
if (ensureBrowser() === undefined) exit(1);
ensureFirefox();
await ensureBuilt();
ensureLab();
exit(
  await runLive(
    [join(ROOT, 'e2e/node_modules/@playwright/test/cli.js'), 'test', '--config', 'bench.config.ts', ...args],
    {
      cwd: join(ROOT, 'e2e'),
      env: { ...env, ...(json !== undefined && { SHOAL_BENCH_JSON: resolve(json) }) },
    },
  ),
);
