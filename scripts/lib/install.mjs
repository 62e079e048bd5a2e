import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT, run, say } from './run.mjs';

const STAMP = join('node_modules', '.shoal-install');
/** pnpm's own copy of the lock file that it last installed from. */
const INSTALLED_LOCK = join('node_modules', '.pnpm', 'lock.yaml');

/**
 * Installs the dependencies when they are missing or other than the lock file says. Needs nothing but Node and npm.
 * @throws {Error} with a text for a person, when Node is too old or the installation fails.
 */
export async function ensureInstalled(root = ROOT) {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  checkNode(manifest.engines.node, process.versions.node);
  const folders = await packageFolders(root);
  const fingerprint = await fingerprintOf(root, folders);
  const complete = folders.every(folder => existsSync(join(root, folder, 'node_modules')));
  if (complete && (await textOf(join(root, STAMP))) === fingerprint) return;
  if (complete && !existsSync(join(root, STAMP)) && (await isInstalledByHand(root))) {
    await writeFile(join(root, STAMP), fingerprint);
    return;
  }
  say('Installing dependencies (once; this can take a minute) …');
  // CI: pnpm must not wait for an answer when it wants to replace a node_modules made by another tool.
  const { code, output } = await run(
    process.platform === 'win32' ? 'npx.cmd' : 'npx',
    // The build needs what npm's `production` setting would leave out.
    ['-y', manifest.packageManager, 'install', '--frozen-lockfile', '--prod=false'],
    { cwd: root, env: { CI: 'true' }, shell: process.platform === 'win32' },
  );
  if (code !== 0)
    throw new Error(`${output.trimEnd()}\n\nThe dependencies could not be installed (code ${code}).`);
  await writeFile(join(root, STAMP), fingerprint);
}

/**
 * @param {string} wanted such as `>=20.19`
 * @param {string} actual such as `20.20.2`
 */
export function checkNode(wanted, actual) {
  const [major = 0, minor = 0] = wanted.replace('>=', '').split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = actual.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  throw new Error(
    `Shoal needs Node ${major}.${minor} or newer; this is Node ${actual}. See https://nodejs.org/`,
  );
}

/** Someone ran pnpm directly: nothing to do, and nothing to touch while other programs use it. */
async function isInstalledByHand(root) {
  const installed = await textOf(join(root, INSTALLED_LOCK));
  return installed !== undefined && installed === (await textOf(join(root, 'pnpm-lock.yaml')));
}

/** The workspace's packages, as pnpm-workspace.yaml lists them, with the root itself. */
async function packageFolders(root) {
  const groups = await Promise.all(
    ['apps', 'packages'].map(async group => {
      const names = await readdir(join(root, group));
      return names.map(name => join(group, name));
    }),
  );
  return ['.', ...groups.flat(), 'e2e']
    .filter(folder => existsSync(join(root, folder, 'package.json')))
    .sort();
}

async function fingerprintOf(root, folders) {
  const hash = createHash('sha256');
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...folders.map(folder => join(folder, 'package.json')),
  ];
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(await readFile(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** @returns {Promise<string | undefined>} undefined when there is no such file. */
async function textOf(path) {
  return readFile(path, 'utf8').catch(() => undefined);
}
