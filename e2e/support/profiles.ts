import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import type { BrowserContext, Page } from '@playwright/test';
import { findChromium } from '../../scripts/chromium.mjs';
import { removeFolder } from './files.ts';

/**
 * Chromium heeds the last list it is given, and that is this one: what of Playwright's own list concerns these tests, and the suggestions
 * under the address bar, which are web pages in a process of their own that each browser starts with, a quarter of what a person costs.
 */
const FEATURES_OFF = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'DialMediaRouteProvider',
  'GlobalMediaControls',
  'HttpsUpgrades',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'Translate',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'WebUIOmniboxPopup',
];

/** Off the machine's own network noise; everything else is Chromium as it comes. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--disable-features=${FEATURES_OFF.join()}`,
];

export interface Person {
  readonly name: string;
  readonly context: BrowserContext;
  readonly page: Page;
  /** Uncaught errors and console errors of the page so far. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export interface ProfileOptions {
  readonly viewport?: { width: number; height: number };
  readonly args?: readonly string[];
  readonly bypassCSP?: boolean;
  /** An existing profile directory, kept on close. */
  readonly profile?: string;
  readonly executablePath?: string;
}

/** A person with a browser of their own: a fresh profile on disk, so that OPFS is what real users have. */
export async function openProfile(name: string, options: ProfileOptions = {}): Promise<Person> {
  const dir = options.profile ?? (await mkdtemp(join(tmpdir(), `shoal-${name}-`)));
  const executablePath = options.executablePath ?? findChromium();
  if (executablePath === undefined) throw new Error('no Chromium found; set CHROMIUM to its path');
  const context = await chromium.launchPersistentContext(dir, {
    executablePath,
    headless: true,
    args: [...ARGS, ...(options.args ?? [])],
    viewport: options.viewport ?? { width: 1280, height: 800 },
    acceptDownloads: true,
    bypassCSP: options.bypassCSP ?? false,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const errors = errorsOf(page);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await context.close();
    if (options.profile === undefined) await removeFolder(dir);
  };
  return { name, context, page, errors, close: async () => await (closed ??= close()) };
}

/** What goes wrong in a page from now on. */
export function errorsOf(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', error => errors.push(String(error)));
  page.on('console', message => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return errors;
}
