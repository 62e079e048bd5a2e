import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env, getuid, platform } from 'node:process';
import { findChromium } from '../chromium.mjs';

/**
 * A Chromium to test with: the system's, else Debian's package (as root), else Playwright's own download.
 * Sets `CHROMIUM` for the runners that follow.
 * @returns {string | undefined} its path; undefined when there is none to be had (said loudly).
 */
export function ensureBrowser() {
  const found = findChromium() ?? fromDebian() ?? fromPlaywright();
  if (found === undefined) {
    console.error('No Chromium: install one, or set CHROMIUM to its path. All browser tests are SKIPPED.');
    return undefined;
  }
  env.CHROMIUM = found;
  return found;
}

function fromDebian() {
  if (platform !== 'linux' || getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.error('Installing Chromium (Debian package) for the browser tests…');
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-color-emoji'],
    quiet,
  );
  return findChromium();
}

function fromPlaywright() {
  try {
    console.error('Downloading a Chromium for the browser tests…');
    execFileSync('node', ['node_modules/playwright/cli.js', 'install', 'chromium'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const script = "import('playwright').then(p => console.log(p.chromium.executablePath()))";
    const path = execFileSync('node', ['-e', script], { encoding: 'utf8' }).trim();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
