// `npm run bench [-- NAME…] [-- --json FILE]`: measures in real Chromium and prints one table.
import { existsSync } from 'node:fs';
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
// A benchmark's whole name picks it alone; as a mere part of paths `line` would pick `swarm-lines` as well.
const picked = args.map(arg =>
  existsSync(join(ROOT, `e2e/bench/${arg}.bench.ts`)) ? `bench/${arg}.bench.ts` : arg,
);

await ensureInstalled();
if (ensureBrowser() === undefined) exit(1);
ensureFirefox();
await ensureBuilt();
ensureLab();
exit(
  await runLive(
    [
      join(ROOT, 'e2e/node_modules/@playwright/test/cli.js'),
      'test',
      '--config',
      'bench.config.ts',
      ...picked,
    ],
    {
      cwd: join(ROOT, 'e2e'),
      env: { ...env, ...(json !== undefined && { SHOAL_BENCH_JSON: resolve(json) }) },
    },
  ),
);
