import { spawn } from 'node:child_process';
import process from 'node:process';
import { ROOT } from './run.mjs';

/**
 * Runs a JavaScript program with this Node in the same terminal, so that its progress is seen as it happens.
 * @param {readonly string[]} args the program and its arguments
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Promise<number>} its exit code; 1 when a signal ended it.
 */
export function runLive(args, { cwd = ROOT, env = process.env } = {}) {
  return new Promise(resolve => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', () => resolve(127));
    child.once('close', code => resolve(code ?? 1));
  });
}
