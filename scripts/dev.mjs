import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { ensureInstalled } from './lib/install.mjs';
import { ROOT, say } from './lib/run.mjs';

/** Where the web app's dev server proxies /socket.io to. */
const SIGNALING = { HOST: '127.0.0.1', PORT: '3000' };

await ensureInstalled().catch(error => {
  say(error.message);
  process.exit(1);
});
const vite = await import(pathToFileURL(join(ROOT, 'node_modules', 'vite', 'dist', 'node', 'index.js')).href);

/** @type {import('node:child_process').ChildProcess | undefined} */
let server;
/** Ends the running signaling server, and starts the one just built once the port is free. */
function restart() {
  const start = () => {
    const main = join(ROOT, 'apps', 'server', 'dist', 'main.js');
    server = spawn(process.execPath, [main], {
      env: { ...process.env, ...SIGNALING },
      stdio: ['ignore', 2, 2],
    });
  };
  // Another save may come before the old one has ended: one start answers both.
  server?.removeAllListeners('exit');
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return start();
  server.once('exit', start);
  server.kill();
}

const watcher = await vite.build({
  root: join(ROOT, 'apps', 'server'),
  logLevel: 'warn',
  build: { watch: {} },
});
watcher.on('event', event => {
  if (event.code === 'END') restart();
});
const web = await vite.createServer({ root: join(ROOT, 'apps', 'web') });
await web.listen();
web.printUrls();

let stopping = false;
async function stop() {
  if (stopping) return;
  stopping = true;
  server?.removeAllListeners('exit').kill();
  await Promise.all([watcher.close(), web.close()]);
  process.exit(0);
}
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
