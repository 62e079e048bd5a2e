import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ROOT, say } from './lib/run.mjs';

try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  say(error.message);
  process.exit(1);
}
// In this very process: signals reach the server once and directly, and its exit code is ours.
await import(pathToFileURL(join(ROOT, 'apps', 'server', 'dist', 'main.js')).href);

// npm passes a SIGTERM on to the shell it started us with, which dies of it and leaves us behind. So when npm runs us,
// the end of that shell is our signal.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  watch.unref();
}
