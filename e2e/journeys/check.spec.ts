import { expect, test } from '../support/test.ts';

test('the check page on a server without STUN and TURN: says so, can be copied, and run again by the keyboard', async ({
  server,
  person,
}) => {
  const { page, errors } = await person('ann', { viewport: { width: 390, height: 800 } });
  // What a reverse proxy that does not pass websockets does, from some moment on.
  let passes = true;
  await page.routeWebSocket(/socket\.io/, socket => {
    if (passes) socket.connectToServer();
    else void socket.close();
  });
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Check the connection' }).click();
  await expect(page).toHaveURL(`${server.url}/check`);
  const check = page.getByTestId('connection-check');
  await expect(check).toHaveAttribute('data-state', 'done');
  const row = (name: string) => page.locator(`[data-testid=check-row][data-check=${name}]`);
  const found = {
    ...{ browser: 'ok', server: 'websocket', udp: 'no-server', stun: 'not-configured', nat: 'no-server' },
    ...{ turn: 'not-configured', relay: 'untried', storage: 'opfs' },
  };
  for (const [name, value] of Object.entries(found))
    await expect(row(name)).toHaveAttribute('data-value', value);
  const ways = page.getByTestId('check-outlook');
  await expect(ways).toHaveCount(4);
  await expect(ways.first()).toHaveAttribute('data-way', 'direct');
  await expect(ways.nth(1)).toHaveAttribute('data-way', 'no');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(errors).toEqual([]);

  await page.getByRole('button', { name: 'Copy report' }).click();
  await expect(page.getByText('Copied', { exact: true })).toBeVisible();
  const report = await page.getByTestId('check-report').textContent();
  expect(await page.evaluate(async () => await navigator.clipboard.readText())).toBe(report);

  passes = false;
  await page.getByRole('button', { name: 'Run again' }).focus();
  await page.keyboard.press('Enter');
  await expect(row('server')).toHaveAttribute('data-value', 'polling');
  await expect(row('server')).toContainText('reverse proxy');
  await expect(check).toHaveAttribute('data-state', 'done');
});

test('over plain http, where the browser withholds encryption and storage, the page says so', async ({
  server,
  person,
}) => {
  const { page } = await person('ann', { args: ['--host-resolver-rules=MAP nas.example 127.0.0.1'] });
  const { port } = new URL(server.url);
  await page.goto(`http://nas.example:${port}`);
  await page.getByTestId('file-input').setInputFiles({
    name: 'a.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('a'),
  });
  await expect(page.getByRole('alert')).toHaveAttribute('data-code', 'crypto-unsupported');
  await page.goto(`http://nas.example:${port}/check`);
  const browser = page.locator('[data-testid=check-row][data-check=browser]');
  await expect(browser).toHaveAttribute('data-value', 'insecure-context');
  await expect(browser).toContainText('Open it with https.');
});
