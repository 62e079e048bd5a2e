import type { Page } from '@playwright/test';
import { SECOND_STUN } from './lab.ts';
import type { NatKind } from './nat.ts';
import { expect, test } from './test.ts';
import { TURN_HOST } from './turn.ts';

const STUN_URLS = `stun:${TURN_HOST}:3478,stun:${SECOND_STUN}:3478`;

interface Expected {
  readonly nat: string;
  readonly udp: string;
  readonly turn: string;
  /** Ways to people in ordinary, in strict and in UDP-blocked networks. */
  readonly ways: readonly [string, string, string];
}

const EXPECTED: Readonly<Record<NatKind, Expected>> = {
  open: { nat: 'open', udp: 'open', turn: 'udp tcp tls', ways: ['direct', 'direct', 'relay'] },
  fullcone: { nat: 'open', udp: 'open', turn: 'udp tcp tls', ways: ['direct', 'direct', 'relay'] },
  cone: { nat: 'cone', udp: 'open', turn: 'udp tcp tls', ways: ['direct', 'relay', 'relay'] },
  symmetric: { nat: 'symmetric', udp: 'open', turn: 'udp tcp tls', ways: ['relay', 'relay', 'relay'] },
  udpblock: { nat: 'udp-blocked', udp: 'blocked', turn: 'tcp tls', ways: ['relay', 'relay', 'relay'] },
  tls443: { nat: 'udp-blocked', udp: 'blocked', turn: 'tls', ways: ['relay', 'relay', 'relay'] },
};

test('the check says what kind of network this is, which relay works, and what to expect', async ({
  lab,
  person,
}) => {
  const server = await lab.server({ STUN_URLS });
  const home = await lab.member();
  const { page } = await person('ann', home.browser);
  for (const [kind, { nat, udp, turn, ways }] of Object.entries(EXPECTED)) {
    await test.step(kind, async () => {
      await home.setKind(kind as NatKind);
      await page.goto(`${server.url}/check`);
      await done(page);
      expect(await values(page)).toMatchObject({
        ...{ nat, udp, turn, browser: 'ok', server: 'websocket', relay: 'works', storage: 'opfs' },
      });
      for (const [i, others] of ['ordinary', 'strict', 'udp-blocked'].entries())
        await expect(page.locator(`[data-others="${others}"]`)).toHaveAttribute('data-way', ways[i] ?? '');
      const report = (await page.getByTestId('check-report').textContent()) ?? '';
      expect(report).not.toMatch(/\d+\.\d+\.\d+\.\d+|:3478|\.test\b|\d{9,}:/);
      await expect(page.getByRole('alert')).toHaveCount(0);
    });
  }
});

test('the check says that a relay refuses the credentials', async ({ lab, person }) => {
  const server = await lab.server({ TURN_SECRET: 'not-the-relay’s' });
  const { page } = await person('ann', (await lab.member({ kind: 'symmetric' })).browser);
  await page.goto(`${server.url}/check`);
  await expect(page.locator('[role=alert][data-code=turn-refused]')).toContainText('401');
  await done(page);
  // One STUN server alone cannot tell what kind of router it is.
  expect(await values(page)).toMatchObject({ turn: 'refused', relay: 'untried', nat: 'one-server' });
});

async function done(page: Page): Promise<void> {
  await expect(page.getByTestId('connection-check')).toHaveAttribute('data-state', 'done');
}

async function values(page: Page): Promise<Record<string, string>> {
  const rows = await page.getByTestId('check-row').all();
  const pairs = await Promise.all(
    rows.map(async row => [await row.getAttribute('data-check'), await row.getAttribute('data-value')]),
  );
  return Object.fromEntries(pairs) as Record<string, string>;
}
