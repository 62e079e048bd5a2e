import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firefox } from '@playwright/test';
import { OLDEST_FIREFOX, findFirefox } from '../../../scripts/firefox.mjs';
import { errorsOf } from '../../support/profiles.ts';
import type { Person, ProfileOptions } from '../../support/profiles.ts';
import { removeFolder } from '../../support/files.ts';

export const NO_FIREFOX = `no Firefox ${OLDEST_FIREFOX} or later here: install firefox-esr, or set FIREFOX to its path`;

export interface FirefoxPerson extends Person {
  /** Where its downloads land: Firefox tells WebDriver BiDi nothing of `blob:` downloads. */
  readonly downloads: string;
}

interface FirefoxOptions extends Pick<ProfileOptions, 'viewport'> {
  readonly privateWindow?: boolean;
}

/** A person with a stock Firefox and a fresh profile, driven over WebDriver BiDi. */
export async function openFirefox(
  name: string,
  { privateWindow = false, viewport = { width: 1280, height: 800 } }: FirefoxOptions = {},
): Promise<FirefoxPerson> {
  const executablePath = findFirefox();
  if (executablePath === undefined) throw new Error(NO_FIREFOX);
  const dir = await mkdtemp(join(tmpdir(), `shoal-firefox-${name}-`));
  const downloads = join(dir, 'downloads');
  const context = await firefox.launchPersistentContext(join(dir, 'profile'), {
    // Playwright's name for a Firefox without its patches.
    channel: 'moz-firefox',
    executablePath,
    headless: true,
    downloadsPath: downloads,
    viewport,
    firefoxUserPrefs: { 'browser.privatebrowsing.autostart': privateWindow },
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const errors = errorsOf(page);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await context.close();
    await removeFolder(dir);
  };
  return { name, context, page, errors, downloads, close: async () => await (closed ??= close()) };
}
