import { test as base } from '../support/test.ts';
import { Lab } from './lab.ts';
import { labObstacle } from './obstacle.ts';

/** Journeys over an emulated internet; left out, with the reason, where there can be none. */
export const test = base.extend<{ readonly lab: Lab }>({
  // oxlint-disable-next-line no-empty-pattern
  lab: async ({}, use, info) => {
    const obstacle = labObstacle();
    info.skip(obstacle !== undefined, obstacle);
    const lab = await Lab.open();
    await use(lab);
    await lab.close();
  },
});

export { expect } from '@playwright/test';
