import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { pino } from 'pino';
import { readConfig } from './config.ts';
import { ServerError } from './errors.ts';
import { createServer } from './server.ts';

/** Signals closer together than this are one. */
const SAME_SIGNAL_MS = 250;

/** Standard output holds the one line that says where we are; everything else, as JSON, goes to standard error. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ dest: 2, sync: true }));
  const die = (error: unknown) => {
    // The stack without the message, which could quote what somebody sent.
    const where =
      error instanceof Error
        ? error.stack?.split('\n').filter(line => line.startsWith('    at '))
        : undefined;
    log.fatal({ error: error instanceof Error ? error.name : 'unknown', where }, 'unexpected failure');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  const server = await createServer({ ...config, log });
  let stoppedAt: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (stoppedAt !== undefined) {
      // One Ctrl-C can arrive twice: from the terminal, and passed on by npm.
      if (performance.now() - stoppedAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppedAt = performance.now();
    log.info({ signal, ...server.counts }, 'stopping');
    server.close().then(() => process.exit(0), die);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Last: whoever reads this line may send a signal at once.
  process.stdout.write(`Shoal is running at ${server.url}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `Shoal cannot start: ${error instanceof ServerError ? error.message : String(error)}\n`,
  );
  process.exit(1);
});
