import { existsSync } from 'node:fs';
import { env } from 'node:process';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * The Chromium that browser tests drive: `CHROMIUM` if set, else the system's own.
 * @returns {string | undefined} undefined when there is none.
 */
export function findChromium() {
  return [env.CHROMIUM, ...CANDIDATES].find(path => path !== undefined && existsSync(path));
}
