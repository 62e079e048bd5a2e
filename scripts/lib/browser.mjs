import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env, getuid, platform } from 'node:process';
import { findChromium } from '../chromium.mjs';
import { findFirefox } from '../firefox.mjs';

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

/** Installs Debian's Firefox ESR where that is possible; where it is not, the Firefox journeys say why they are left out. */
export function ensureFirefox() {
  if (findFirefox() === undefined) install('Firefox', ['firefox-esr']);
}

function fromDebian() {
  install('Chromium', ['chromium', 'fonts-noto-color-emoji']);
  return findChromium();
}

/** @param {string} what @param {string[]} packages of Debian; nothing happens where they cannot be installed */
function install(what, packages) {
  if (platform !== 'linux' || getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.error(`Installing ${what} (Debian package) for the browser tests…`);
  const quiet = {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet);
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
