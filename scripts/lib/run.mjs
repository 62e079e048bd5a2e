import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The repository's root directory. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Runs a program to its end and collects what it says.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, shell?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when it could not be started.
 */
export function run(command, args, { cwd = ROOT, env = {}, shell = false } = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on('data', chunk => chunks.push(chunk));
    child.stderr.on('data', chunk => chunks.push(chunk));
    child.once('error', error => resolve({ code: 127, output: error.message }));
    child.once('close', code => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}

/**
 * Runs a JavaScript program with this Node, so that no shell and no `.cmd` wrapper is involved.
 * @param {string} script path of the program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 */
export function runNode(script, args, options) {
  return run(process.execPath, [script, ...args], options);
}

/** Progress goes to standard error: standard output of `npm start` belongs to the one line with the address. */
export function say(/** @type {string} */ text) {
  process.stderr.write(`${text}\n`);
}
