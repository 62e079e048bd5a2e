// `npm run sim [-- --json FILE] [-- --seeds N]`: the simulator, on a machine that has only Node and npm.
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { ensureInstalled } from './lib/install.mjs';
import { runLive } from './lib/run-live.mjs';
import { ROOT } from './lib/run.mjs';

await ensureInstalled();
exit(await runLive([join(ROOT, 'packages/room/scripts/sim.mjs'), ...argv.slice(2)]));
