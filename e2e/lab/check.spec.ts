import type { Page } from '@playwright/test';
import { SECOND_STUN } from './lab.ts';
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

/** What tells the kinds apart; the others are told by the verdicts’ own tests. */
const KINDS = ['open', 'symmetric', 'tls443'] as const;

const EXPECTED = {
  open: { nat: 'open', udp: 'open', turn: 'udp tcp tls', ways: ['direct', 'direct', 'relay'] },
  symmetric: { nat: 'symmetric', udp: 'open', turn: 'udp tcp tls', ways: ['relay', 'relay', 'relay'] },
  tls443: { nat: 'udp-blocked', udp: 'blocked', turn: 'tls', ways: ['relay', 'relay', 'relay'] },
} as const satisfies Readonly<Record<(typeof KINDS)[number], Expected>>;

test('the check says what kind of network this is, which relay works, and what to expect', async ({
  lab,
  person,
}) => {
  const server = await lab.server({ STUN_URLS });
  const home = await lab.member();
  const { page } = await person('ann', home.browser);
  for (const kind of KINDS) {
    await test.step(kind, async () => {
      await home.setKind(kind);
      await look(page, `${server.url}/check`, EXPECTED[kind]);
    });
  }
  await test.step('wrong credentials, one STUN server', async () => {
    await server.stop();
    await lab.server({ TURN_SECRET: 'not-the-relay’s' });
    await home.setKind('symmetric');
    await page.getByRole('button', { name: 'Run again' }).click();
    await expect(page.locator('[role=alert][data-code=turn-refused]')).toContainText('401');
    await done(page);
    expect(await values(page)).toMatchObject({ turn: 'refused', relay: 'untried', nat: 'one-server' });
  });
});

async function look(page: Page, url: string, { nat, udp, turn, ways }: Expected): Promise<void> {
  await page.goto(url);
  await done(page);
  expect(await values(page)).toEqual({
    ...{ nat, udp, turn, browser: 'ok', server: 'websocket', stun: udp === 'open' ? 'answers' : 'silent' },
    ...{ relay: 'works', storage: 'opfs' },
  });
  for (const [i, others] of ['ordinary', 'strict', 'udp-blocked'].entries())
    await expect(page.locator(`[data-others="${others}"]`)).toHaveAttribute('data-way', ways[i] ?? '');
  // The report is for strangers' eyes: no address, no name of a server, no relay's user name.
  const report = (await page.getByTestId('check-report').textContent()) ?? '';
  expect(report).not.toMatch(/\d+\.\d+\.\d+\.\d+|:3478|\.test\b|\d{9,}:/);
  await expect(page.getByRole('alert')).toHaveCount(0);
}

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
