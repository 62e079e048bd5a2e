import { createCipheriv, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writeNoise } from '../support/files.ts';
import { startHostileServer } from '../support/hostile-server.ts';
import type { Meddle } from '../support/hostile-server.ts';
import { shareFiles } from '../support/room-page.ts';
import { expect, test } from '../support/test.ts';

/** Bytes in front of the sealed part of a box: version, connection, sequence, lane, nonce. */
const CLEAR_BYTES = 1 + 16 + 4 + 1 + 12;

const SERVERS_OWN_SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  `a=fingerprint:sha-256 ${'AB:'.repeat(31)}AB`,
  'a=setup:actpass',
  '',
].join('\r\n');

/** Puts an SDP of the server's own in place of both sides', sealed as well as a server without the secret can. */
const swapSdp: Meddle = box => {
  const cipher = createCipheriv('aes-256-gcm', randomBytes(32), box.subarray(CLEAR_BYTES - 12, CLEAR_BYTES));
  const sealed = Buffer.concat([cipher.update(SERVERS_OWN_SDP), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([box.subarray(0, CLEAR_BYTES), sealed]);
};

const flipOneBit: Meddle = box => {
  const copy = Buffer.from(box);
  copy[copy.length - 20] = (copy[copy.length - 20] ?? 0) ^ 1;
  return copy;
};

for (const [what, meddle] of [
  ['swaps the SDP of both sides', swapSdp],
  ['flips one bit of each box', flipOneBit],
] as const) {
  test(`a signaling server that ${what} gets no connection, and both tabs say so`, async ({
    person,
    dir,
  }) => {
    const server = await startHostileServer(meddle);
    try {
      const path = join(dir, 'secret.txt');
      await writeNoise(path, 1000);
      const [ann, bob] = [await person('ann'), await person('bob')];
      const link = await shareFiles(ann.page, server.url, path);
      await bob.page.goto(link);
      for (const { page } of [ann, bob]) {
        await expect(page.locator('[role="alert"][data-code="signal-forged"]')).toBeVisible();
        await expect(page.getByTestId('peer-row')).toHaveCount(0);
      }
      expect(server.boxes.length).toBeGreaterThan(0);
    } finally {
      await server.stop();
    }
  });
}
