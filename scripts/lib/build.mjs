import { createHash } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runNode, say } from './run.mjs';

/** What each app is made from. Content decides, not times: a checkout or a copy changes times only. */
const APPS = [
  { folder: join('apps', 'web'), inputs: [join('apps', 'web'), 'packages'] },
  { folder: join('apps', 'server'), inputs: [join('apps', 'server'), join('packages', 'protocol')] },
];
const SHARED_INPUTS = ['pnpm-lock.yaml', 'tsconfig.base.json'];
const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage']);
const SKIPPED_FILES = /\.test\.tsx?$|\.md$/;
const STAMP = join('dist', '.shoal-build');

/**
 * Builds the web app and the server where their sources have changed since the last build.
 * @param {{ force?: boolean }} [options]
 * @throws {Error} with what the bundler said.
 */
export async function ensureBuilt({ force = false } = {}) {
  await Promise.all(APPS.map(app => ensureAppBuilt(app, force)));
}

async function ensureAppBuilt({ folder, inputs }, force) {
  const stamp = join(ROOT, folder, STAMP);
  const fingerprint = await fingerprintOf([...inputs, ...SHARED_INPUTS]);
  if (!force && (await readFile(stamp, 'utf8').catch(() => undefined)) === fingerprint) return;
  say(`Building ${folder} …`);
  // A build that is cut short must not pass for a whole one.
  await rm(stamp, { force: true });
  const cwd = join(ROOT, folder);
  const { code, output } = await runNode(join(cwd, 'node_modules', 'vite', 'bin', 'vite.js'), ['build'], {
    cwd,
    env: { NODE_ENV: 'production' },
  });
  if (code !== 0) throw new Error(`${output.trimEnd()}\n\nThe build of ${folder} failed (code ${code}).`);
  await writeFile(stamp, fingerprint);
}

async function fingerprintOf(inputs) {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of await filesUnder(input)) {
      hash
        .update(`${file}\0`)
        .update(await readFile(join(ROOT, file)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/** @returns {Promise<string[]>} the files of a folder, sorted; for a file, itself. */
async function filesUnder(path) {
  const entries = await readdir(join(ROOT, path), { withFileTypes: true }).catch(error => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  const nested = await Promise.all(
    entries.map(async entry => {
      if (entry.isDirectory())
        return SKIPPED_FOLDERS.has(entry.name) ? [] : filesUnder(join(path, entry.name));
      return SKIPPED_FILES.test(entry.name) ? [] : [join(path, entry.name)];
    }),
  );
  return nested.flat().sort();
}
