import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { env } from 'node:process';

/** The ESR before this one, 140, lacks commands of WebDriver BiDi without which Playwright does not start it. */
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
  const said = execFileSync(path, ['--version'], { encoding: 'utf8' });
  return Number(/^Mozilla Firefox (\d+)/m.exec(said)?.[1]);
}
