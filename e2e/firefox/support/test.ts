import { test as base } from '../../support/test.ts';
import { openFirefox } from './firefox.ts';
import type { FirefoxPerson } from './firefox.ts';

export const test = base.extend<{
  /** Opens a person with a Firefox of their own, closed after the test. */
  readonly fox: typeof openFirefox;
}>({
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
});

export { expect } from '@playwright/test';
