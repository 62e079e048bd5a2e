import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { openProfile } from './profiles.ts';
import type { Person, ProfileOptions } from './profiles.ts';
import { startServer } from './server.ts';
import type { ServerProcess } from './server.ts';
import { removeFolder } from './files.ts';

interface Fixtures {
  /** The built server on a free port, ended after the test. */
  readonly server: ServerProcess;
  /** Opens a person with a browser of their own, closed after the test. */
  readonly person: (name: string, options?: ProfileOptions) => Promise<Person>;
  /** A directory that is removed after the test. */
  readonly dir: string;
}

export const test = base.extend<Fixtures>({
  // Playwright insists on a destructured first argument.
  // oxlint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = await startServer();
    await use(server);
    await server.stop();
  },
  // oxlint-disable-next-line no-empty-pattern
  person: async ({}, use, info) => {
    const people: Person[] = [];
    await use(async (name, options) => {
      const person = await openProfile(name, options);
      people.push(person);
      return person;
    });
    for (const person of people) {
      if (info.status !== info.expectedStatus && !person.page.isClosed()) {
        await info.attach(`${person.name}.png`, {
          body: await person.page.screenshot(),
          contentType: 'image/png',
        });
        await info.attach(`${person.name} console`, {
          body: person.errors.join('\n'),
          contentType: 'text/plain',
        });
      }
      await person.close();
    }
  },
  // oxlint-disable-next-line no-empty-pattern
  dir: async ({}, use) => {
    const dir = await mkdtemp(join(tmpdir(), 'shoal-files-'));
    await use(dir);
    await removeFolder(dir);
  },
});

export { expect } from '@playwright/test';
