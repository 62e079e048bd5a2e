import { existsSync } from 'node:fs';
import { env } from 'node:process';

/**
 * The stock Firefox that the Firefox journeys drive: `FIREFOX` if set, else Debian's ESR.
 * @returns {string | undefined} undefined when there is none.
 */
export function findFirefox() {
  return [env.FIREFOX, '/usr/bin/firefox-esr'].find(path => path !== undefined && existsSync(path));
}
