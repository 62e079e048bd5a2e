import type { Page } from '@playwright/test';

/** Sends `bytes` over one raw RTCDataChannel between two pages and returns MB/s: the ceiling that the browser sets. */
export async function rawChannel(a: Page, b: Page, bytes: number): Promise<number> {
  const offer = await a.evaluate(async () => {
    const pc = new RTCPeerConnection();
    const channel = pc.createDataChannel('raw');
    channel.binaryType = 'arraybuffer';
    globalThis.benchRaw = { pc, channel };
    await pc.setLocalDescription();
    await new Promise<void>(resolve => {
      if (pc.iceGatheringState === 'complete') resolve();
      else
        pc.addEventListener(
          'icegatheringstatechange',
          () => pc.iceGatheringState === 'complete' && resolve(),
        );
    });
    return pc.localDescription?.sdp ?? '';
  });
  const answer = await b.evaluate(
    async ([sdp, total]) => {
      const pc = new RTCPeerConnection();
      const seconds = new Promise<number>(resolve => {
        pc.addEventListener('datachannel', ({ channel }) => {
          channel.binaryType = 'arraybuffer';
          let got = 0;
          let start = 0;
          channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
            if (got === 0) start = performance.now();
            got += data.byteLength;
            if (got >= total) resolve((performance.now() - start) / 1000);
          });
        });
      });
      globalThis.benchRaw = { pc, seconds };
      await pc.setRemoteDescription({ type: 'offer', sdp });
      await pc.setLocalDescription();
      await new Promise<void>(resolve => {
        if (pc.iceGatheringState === 'complete') resolve();
        else
          pc.addEventListener(
            'icegatheringstatechange',
            () => pc.iceGatheringState === 'complete' && resolve(),
          );
      });
      return pc.localDescription?.sdp ?? '';
    },
    [offer, bytes] as const,
  );
  await a.evaluate(
    async ([sdp, total]) => {
      const { pc, channel } = globalThis.benchRaw;
      if (channel === undefined) throw new Error('no channel');
      await pc.setRemoteDescription({ type: 'answer', sdp });
      if (channel.readyState !== 'open')
        await new Promise(resolve => channel.addEventListener('open', resolve, { once: true }));
      const message = new Uint8Array(64 * 1024);
      const HIGH = 4 * 1024 * 1024;
      channel.bufferedAmountLowThreshold = HIGH / 4;
      for (let sent = 0; sent < total; sent += message.length) {
        if (channel.bufferedAmount > HIGH) {
          await new Promise(resolve =>
            channel.addEventListener('bufferedamountlow', resolve, { once: true }),
          );
        }
        channel.send(message);
      }
    },
    [answer, bytes] as const,
  );
  const seconds = await b.evaluate(async () => (await globalThis.benchRaw.seconds) ?? 0);
  for (const page of [a, b]) {
    await page.evaluate(() => globalThis.benchRaw.pc.close());
  }
  return bytes / 1e6 / seconds;
}
