// `npm run check`: everything that can be said about the code without running it. `-- --fix` mends what a tool can mend.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { findViolations, sourceReader } from './lib/boundaries.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ROOT, runNode, say } from './lib/run.mjs';

/** Compilers at a time: each takes a core. */
const COMPILERS = 2;

const fix = process.argv.includes('--fix');
const bin = (...path) => join(ROOT, 'node_modules', ...path);
let failed = false;

/**
 * @param {string} name
 * @param {() => Promise<{ code: number, output: string }>} work
 */
async function step(name, work) {
  const start = performance.now();
  const { code, output } = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)`);
  if (code === 0) return;
  failed = true;
  console.log(output.trimEnd());
}

/** Every folder with a tsconfig.json; the root's covers the tests of the packages that compile without Node's types. */
async function projects() {
  const groups = ['packages', 'apps'].map(async group =>
    (await readdir(join(ROOT, group))).map(name => join(group, name)),
  );
  const folders = ['.', ...(await Promise.all(groups)).flat(), 'e2e'];
  return folders.filter(folder => existsSync(join(ROOT, folder, 'tsconfig.json')));
}

async function compileAll() {
  const queue = await projects();
  const compile = async () => {
    for (let project = queue.shift(); project !== undefined; project = queue.shift()) {
      const path = project;
      await step(`tsc -p ${path}`, () => runNode(bin('typescript', 'bin', 'tsc'), ['-p', path]));
    }
  };
  await Promise.all(Array.from({ length: COMPILERS }, compile));
}

async function checkBoundaries() {
  const vite = await import(pathToFileURL(bin('vite', 'dist', 'node', 'index.js')).href);
  const violations = await findViolations(ROOT, sourceReader(vite.parseSync));
  return { code: violations.length === 0 ? 0 : 1, output: violations.join('\n') };
}

await ensureInstalled().catch(error => {
  say(error.message);
  process.exit(1);
});
await step('prettier', () =>
  runNode(bin('prettier', 'bin', 'prettier.cjs'), [
    fix ? '--write' : '--check',
    '--log-level=warn',
    '--cache',
    '.',
  ]),
);
await step('oxlint', () =>
  runNode(bin('oxlint', 'bin', 'oxlint'), [
    '--type-aware',
    '--deny-warnings',
    '--format=unix',
    ...(fix ? ['--fix'] : []),
  ]),
);
await step('boundaries', checkBoundaries);
await compileAll();
await step('knip', () => runNode(bin('knip', 'bin', 'knip.js'), ['--no-progress']));
process.exit(failed ? 1 : 0);
