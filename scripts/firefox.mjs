import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env } from 'node:process';

/** The journeys are known to run in this one. The ESR before, 140, lacks commands of WebDriver BiDi without which Playwright does not start it. */
export const OLDEST_FIREFOX = 153;

/**
 * The stock Firefox that the Firefox journeys drive: `FIREFOX` if set, else Debian's ESR.
 * @returns {string | undefined} undefined when there is none that is new enough.
 */
export function findFirefox() {
  return [env.FIREFOX, '/usr/bin/firefox-esr'].find(
    path => path !== undefined && existsSync(path) && versionOf(path) >= OLDEST_FIREFOX,
  );
}

/** @param {string} path @returns {number} NaN for what is no Firefox */
function versionOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  // Null when it could not be started at all.
  return Number(/^Mozilla Firefox (\d+)/m.exec(stdout ?? '')?.[1]);
}
