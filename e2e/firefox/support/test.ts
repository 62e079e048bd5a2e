import { test as base } from '../../support/test.ts';
import { openFirefox } from './firefox.ts';
import type { FirefoxPerson } from './firefox.ts';

type Pair = readonly [FirefoxPerson, FirefoxPerson];

interface Fixtures {
  /** Opens a person with a Firefox of their own, closed after the test. */
  readonly fox: typeof openFirefox;
  /** Two that serve all tests, since it is the start of a Firefox that takes long: what they save must have a name of its own. */
  readonly pair: Pair;
}

export const test = base.extend<Fixtures, { readonly started: Pair }>({
  // Playwright insists on a destructured first argument.
  // oxlint-disable-next-line no-empty-pattern
  fox: async ({}, use) => {
    const people: FirefoxPerson[] = [];
    await use(async (name, options) => {
      const person = await openFirefox(name, options);
      people.push(person);
      return person;
    });
    for (const person of people) await person.close();
  },
  started: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const pair = await Promise.all([openFirefox('ann'), openFirefox('bob')]);
      await use(pair);
      for (const person of pair) await person.close();
    },
    { scope: 'worker' },
  ],
  // Away from the server's pages before it ends (it is named here for that alone): a page that looks for it would have its errors told by the next test.
  // oxlint-disable-next-line no-unused-vars
  pair: async ({ started, server: _ }, use) => {
    await use(started);
    for (const { page } of started) await page.goto('about:blank');
  },
});

export { expect } from '@playwright/test';
