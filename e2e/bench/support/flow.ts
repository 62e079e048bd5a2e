import type { Page } from '@playwright/test';

/** How a raw data channel is kept filled. */
export type Filling =
  /** The usual way: as much as the send buffer takes, up to 4 MiB. */
  | { readonly kind: 'filled' }
  /** At most so many bytes that the receiver has not acknowledged. */
  | { readonly kind: 'window'; readonly bytes: number }
  /** Sends so many bytes, then waits until the receiver has acknowledged all of them. */
  | { readonly kind: 'stop-and-wait'; readonly bytes: number };

export interface FlowOptions {
  readonly filling: Filling;
  readonly bytes: number;
  /** Ends earlier, this many milliseconds after the first byte. */
  readonly limitMs?: number;
}

/** What had arrived when, in milliseconds since the first byte. */
export type Samples = readonly (readonly [ms: number, bytes: number])[];

const MESSAGE_BYTES = 64 * 1024;

/** Opens one raw RTCDataChannel from `a` to `b`; several may be open at once, told apart by `name`. */
export async function openFlow(
  a: Page,
  b: Page,
  name: string,
  iceServers: RTCIceServer[] = [],
): Promise<void> {
  const offer = await a.evaluate(
    async ([name, iceServers]) => {
      const pc = new RTCPeerConnection({ iceServers });
      const channel = pc.createDataChannel('raw');
      channel.binaryType = 'arraybuffer';
      globalThis.benchFlows ??= {};
      globalThis.benchFlows[name] = { pc, channel: Promise.resolve(channel) };
      await pc.setLocalDescription();
      await new Promise<void>(resolve => {
        const look = (): void => {
          if (pc.iceGatheringState === 'complete') resolve();
        };
        pc.addEventListener('icegatheringstatechange', look);
        look();
      });
      return pc.localDescription?.sdp ?? '';
    },
    [name, iceServers] as const,
  );
  const answer = await b.evaluate(
    async ([name, iceServers, sdp]) => {
      const pc = new RTCPeerConnection({ iceServers });
      const channel = new Promise<RTCDataChannel>(resolve => {
        pc.addEventListener('datachannel', ({ channel }) => {
          channel.binaryType = 'arraybuffer';
          resolve(channel);
        });
      });
      globalThis.benchFlows ??= {};
      globalThis.benchFlows[name] = { pc, channel };
      await pc.setRemoteDescription({ type: 'offer', sdp });
      await pc.setLocalDescription();
      await new Promise<void>(resolve => {
        const look = (): void => {
          if (pc.iceGatheringState === 'complete') resolve();
        };
        pc.addEventListener('icegatheringstatechange', look);
        look();
      });
      return pc.localDescription?.sdp ?? '';
    },
    [name, iceServers, offer] as const,
  );
  await a.evaluate(
    async ([name, sdp]) => {
      const flow = globalThis.benchFlows?.[name];
      if (flow === undefined) throw new Error('no flow');
      await flow.pc.setRemoteDescription({ type: 'answer', sdp });
      const channel = await flow.channel;
      if (channel.readyState !== 'open')
        await new Promise(resolve => channel.addEventListener('open', resolve, { once: true }));
    },
    [name, answer] as const,
  );
}

/** Sends over an open flow. @returns what the receiver saw, about every 20 ms, the last entry at the end */
export async function sendFlow(a: Page, b: Page, name: string, options: FlowOptions): Promise<Samples> {
  const acks = options.filling.kind !== 'filled';
  const received = b.evaluate(
    async ([name, total, limitMs, acks]) => {
      const channel = await globalThis.benchFlows?.[name]?.channel;
      if (channel === undefined) throw new Error('no flow');
      const samples: [number, number][] = [];
      let bytes = 0;
      let start = 0;
      await new Promise<void>(resolve => {
        channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
          const now = performance.now();
          start ||= now;
          bytes += data.byteLength;
          if (acks) channel.send(String(bytes));
          const last = samples.at(-1)?.[0] ?? -Infinity;
          const over = bytes >= total || now - start >= limitMs;
          if (over || now - start - last >= 20) samples.push([now - start, bytes]);
          if (over) resolve();
        });
        // A flow that has stopped altogether ends too.
        if (limitMs < Infinity) setTimeout(resolve, limitMs + 5_000);
      });
      samples.push([Math.min(performance.now() - start, limitMs), bytes]);
      return samples;
    },
    [name, options.bytes, options.limitMs ?? Infinity, acks] as const,
  );
  // The page answers `send` only when all is sent, which may be never.
  const sent = a.evaluate(
    async ([name, { filling, bytes }, messageBytes]) => {
      const channel = await globalThis.benchFlows?.[name]?.channel;
      if (channel === undefined) throw new Error('no flow');
      let acked = 0;
      let wake: () => void = () => undefined;
      const HIGH = 4 * 1024 * 1024;
      channel.bufferedAmountLowThreshold = HIGH / 4;
      channel.addEventListener('bufferedamountlow', () => wake());
      channel.addEventListener('message', ({ data }: MessageEvent<string>) => {
        acked = Number(data);
        wake();
      });
      const size = filling.kind === 'window' ? Math.min(messageBytes, filling.bytes / 4) : messageBytes;
      const message = new Uint8Array(size);
      let stopAt = filling.kind === 'stop-and-wait' ? filling.bytes : Infinity;
      const blocked = (sent: number): boolean => {
        if (filling.kind === 'filled') return channel.bufferedAmount > HIGH;
        if (filling.kind === 'window') return sent - acked + size > filling.bytes;
        if (sent >= stopAt && acked >= sent) stopAt = sent + filling.bytes;
        return sent >= stopAt;
      };
      for (let sent = 0; sent < bytes; sent += size) {
        while (blocked(sent)) await new Promise<void>(resolve => (wake = resolve));
        if (channel.readyState !== 'open') return;
        channel.send(message);
      }
    },
    [name, options, MESSAGE_BYTES] as const,
  );
  sent.catch(() => undefined);
  return await received;
}

export async function closeFlow(a: Page, b: Page, name: string): Promise<void> {
  for (const page of [a, b]) await page.evaluate(name => globalThis.benchFlows?.[name]?.pc.close(), name);
}

/** MB/s in each second, for a look at how a rate came about. */
export function eachSecond(samples: Samples): string {
  const [endMs] = samples.at(-1) ?? [0];
  const bytesAt = (ms: number): number => samples.findLast(([at]) => at <= ms)?.[1] ?? 0;
  return Array.from({ length: Math.floor(endMs / 1000) }, (_, second) =>
    ((bytesAt((second + 1) * 1000) - bytesAt(second * 1000)) / 1e6).toFixed(1),
  ).join(' ');
}

/** MB/s from `fromMs` after the first byte to the end; over all when it did not last that long. */
export function rateOf(samples: Samples, fromMs = 0): number {
  const [endMs, endBytes] = samples.at(-1) ?? [0, 0];
  const [startMs, startBytes] = samples.findLast(([ms]) => ms <= fromMs) ?? [0, 0];
  if (endMs <= fromMs) return endBytes / 1e3 / endMs;
  return (endBytes - startBytes) / 1e3 / (endMs - startMs);
}
