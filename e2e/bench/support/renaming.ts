import type { BrowserContext, Page } from '@playwright/test';

/** What the names begin with that pages look out for. */
const NAME = 'bench-name-';

/** How long a new name took from the Enter key, in ms. */
export interface Renaming {
  /** To the control message that says so, as it leaves the other page's data channel. */
  readonly heard: number;
  /** To the other page's list of people, which is painted at most twice a second while things change. */
  readonly shown: number;
}

/** Has the pages of a browser note when they hear of such names and show them. Call before they are opened. */
export async function watchNames(context: BrowserContext): Promise<void> {
  await context.addInitScript(prefix => {
    const names: typeof globalThis.benchNames = { heard: {}, shown: {}, entered: 0 };
    globalThis.benchNames = names;
    const named = new RegExp(`${prefix}\\d+`, 'g');
    const note = (moments: Record<string, number>, text: string): void => {
      for (const [name] of text.matchAll(named)) moments[name] ??= Date.now();
      document.dispatchEvent(new Event('bench-name'));
    };
    const latin = new TextDecoder('latin1');
    const look = ({ data }: MessageEvent<unknown>): void => {
      // Control frames begin with a 1. To read the blocks too would slow down what is measured.
      if (data instanceof ArrayBuffer && new Uint8Array(data)[0] === 1) note(names.heard, latin.decode(data));
    };
    const usual = Object.getOwnPropertyDescriptor(RTCDataChannel.prototype, 'onmessage');
    Object.defineProperty(RTCDataChannel.prototype, 'onmessage', {
      ...usual,
      set(this: RTCDataChannel, listener: unknown) {
        this.addEventListener('message', look);
        usual?.set?.call(this, listener);
      },
    });
    new MutationObserver(() => {
      for (const row of document.querySelectorAll('[data-testid="peer-row"]'))
        note(names.shown, row.textContent);
    }).observe(document, { subtree: true, childList: true, characterData: true });
    document.addEventListener(
      'keydown',
      ({ key }) => {
        if (key === 'Enter') names.entered = Date.now();
      },
      { capture: true },
    );
  }, NAME);
}

/** One person takes a new name, told apart by `number`; waits until the other's page shows it. Both browsers are watched. */
export async function rename(page: Page, other: Page, number: number): Promise<Renaming> {
  const name = `${NAME}${number}`;
  const field = page.getByLabel('Your name');
  await field.fill(name);
  await field.press('Enter');
  const { heard, shown } = await other.evaluate(async name => {
    for (;;) {
      const { heard, shown } = globalThis.benchNames;
      const moments = { heard: heard[name] ?? 0, shown: shown[name] ?? 0 };
      if (moments.shown > 0) return moments;
      await new Promise(resolve => document.addEventListener('bench-name', resolve, { once: true }));
    }
  }, name);
  const entered = await page.evaluate(() => globalThis.benchNames.entered);
  return { heard: heard - entered, shown: shown - entered };
}
