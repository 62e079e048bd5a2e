import { spawn } from 'node:child_process';
import process from 'node:process';
import { endWithNpm } from './end-with-npm.mjs';
import { ROOT } from './run.mjs';

/**
 * Runs a JavaScript program with this Node in the same terminal, so that its progress is seen as it happens. A signal ends it first, and
 * this process of the same signal afterwards: nothing that was started stays behind.
 * @param {readonly string[]} args the program and its arguments
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Promise<number>} its exit code; 1 when a signal ended it.
 */
export function runLive(args, { cwd = ROOT, env = process.env } = {}) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    /** @type {NodeJS.Signals | undefined} */
    let ending;
    const end = signal => {
      ending = signal;
      // A terminal's Ctrl-C has reached the child as well, and twice would cut short what it does in the end. To Playwright and Vitest
      // SIGINT means to end what they started; of a SIGTERM they die at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill('SIGINT');
    };
    for (const signal of SIGNALS) process.on(signal, end);
    const done = code => {
      for (const signal of SIGNALS) process.off(signal, end);
      if (ending === undefined) resolve(code);
      else process.kill(process.pid, ending);
    };
    child.once('error', () => done(127));
    child.once('close', code => done(code ?? 1));
  });
}

/** @type {readonly NodeJS.Signals[]} */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

endWithNpm();
