import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ROOT, say } from './lib/run.mjs';

endWithNpm();
try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  say(error.message);
  process.exit(1);
}
// In this very process: signals reach the server once and directly, and its exit code is ours.
await import(pathToFileURL(join(ROOT, 'apps', 'server', 'dist', 'main.js')).href);
