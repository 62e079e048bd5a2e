import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import { recordTraffic } from '../support/recorder.ts';
import { downloadAll, shareFiles, waitComplete } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

test('what passes through the server holds no name, no secret, no SDP, no candidate in clear', async ({
  server,
  person,
  dir,
}) => {
  const path = join(dir, 'very-private-name.pdf');
  await writeNoise(path, 300_000);
  const [ann, bob] = [await person('ann'), await person('bob')];
  const traffic = [recordTraffic(ann.page), recordTraffic(bob.page)];

  const link = await shareFiles(ann.page, server.url, path);
  await bob.page.goto(link);
  await downloadAll(bob.page);
  await waitComplete(bob.page, 'very-private-name.pdf');

  const heard = Buffer.concat(traffic.flatMap(t => t.all()));
  const text = heard.toString('latin1');
  // The recording is real: it holds the room's public id events and boxes of some size.
  expect(text).toContain('"join"');
  expect(heard.length).toBeGreaterThan(5_000);

  const secret = link.slice(link.indexOf('#') + 1);
  const raw = Buffer.from(secret, 'base64url');
  for (const clear of [
    'very-private-name',
    secret,
    'candidate:',
    'a=fingerprint',
    'ice-ufrag',
    'v=0\r\n',
    '127.0.0.1 ',
    '.local',
  ]) {
    expect(text.includes(clear), `the server heard ${JSON.stringify(clear)}`).toBe(false);
  }
  expect(heard.includes(raw)).toBe(false);
  expect(heard.includes(Buffer.from(raw.toString('hex')))).toBe(false);
});
