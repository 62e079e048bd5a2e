import { describe, expect, test, vi } from 'vitest';
import type { Bytes } from '@shoal/protocol';
import type {
  PeerConnection,
  PeerConnectionEvent,
  PeerConnectionFactory,
} from '../peer-connection/peer-connection.ts';

// Megabytes through a browser that shares two cores with others.
vi.setConfig({ testTimeout: 60_000 });

const LOW_WATER = 256 * 1024;
const HIGH_WATER = 1024 * 1024;

export interface ConnectionHarness {
  readonly connect: PeerConnectionFactory;
  /** Lets the world turn until `condition` holds; it is looked at after each event. */
  until(condition: () => boolean): Promise<void>;
  /** To be called by listeners after each event. */
  noticed(): void;
}

interface End {
  readonly connection: PeerConnection;
  readonly types: PeerConnectionEvent['type'][];
  readonly messages: Bytes[];
  onBufferLow: () => void;
  error: Error | undefined;
}

/** What every {@link PeerConnection} must do, fake or real. */
export function describeConnections(name: string, createHarness: () => ConnectionHarness): void {
  async function pair() {
    const harness = createHarness();
    const ends: End[] = [];
    const make = (index: number, initiator: boolean): End => {
      const connection = harness.connect({
        initiator,
        iceServers: [],
        lowWater: LOW_WATER,
        listener: event => {
          end.types.push(event.type);
          if (event.type === 'signal') ends[1 - index]?.connection.signal(event.signal);
          else if (event.type === 'message') end.messages.push(event.data);
          else if (event.type === 'buffer-low') end.onBufferLow();
          else if (event.type === 'close') end.error = event.error;
          harness.noticed();
        },
      });
      const end: End = {
        connection,
        types: [],
        messages: [],
        onBufferLow: () => undefined,
        error: undefined,
      };
      return end;
    };
    const a = make(0, true);
    const b = make(1, false);
    ends.push(a, b);
    await harness.until(() => a.types.includes('connect') && b.types.includes('connect'));
    return { a, b, harness };
  }

  describe(name, () => {
    test('messages of 1 B to 128 KiB + 8 arrive whole and in order', async () => {
      const { a, b, harness } = await pair();
      const sizes = [1, 2, 7, 16 * 1024, 64 * 1024, 128 * 1024, 128 * 1024 + 8, 1, 65_537];
      expect(a.connection.maxMessageBytes).toBeGreaterThanOrEqual(128 * 1024 + 8);
      sizes.forEach((size, index) => a.connection.send(new Uint8Array(size).fill(index + 1)));
      await harness.until(() => b.messages.length === sizes.length);
      expect(b.messages.map(message => message.length)).toEqual(sizes);
      expect(b.messages.every((message, index) => message.every(byte => byte === index + 1))).toBe(true);
      a.connection.destroy();
    });

    test('[ND1] an empty message arrives as one, in its place', async () => {
      const { a, b, harness } = await pair();
      for (const size of [16 * 1024, 0, 0, 1]) a.connection.send(new Uint8Array(size));
      await harness.until(() => b.messages.length === 4);
      expect(b.messages.map(message => message.length)).toEqual([16 * 1024, 0, 0, 1]);
      a.connection.destroy();
    });

    test('each message has an ArrayBuffer of its own, which may be transferred', async () => {
      const { a, b, harness } = await pair();
      const frame = new Uint8Array(4096).fill(3);
      b.connection.send(frame);
      b.connection.send(frame);
      await harness.until(() => a.messages.length === 2);
      const [first, second] = a.messages;
      expect([first?.byteOffset, first?.buffer.byteLength, first?.length]).toEqual([0, 4096, 4096]);
      expect(first?.buffer).not.toBe(second?.buffer);
      const moved = structuredClone(first, first === undefined ? {} : { transfer: [first.buffer] });
      expect(first?.length).toBe(0);
      expect(moved?.[0]).toBe(3);
      a.connection.destroy();
    });

    test('buffer-low comes when the buffer drains to the low water mark; it never passes the high one', async () => {
      const { a, b, harness } = await pair();
      const size = 128 * 1024;
      const total = 64;
      let sent = 0;
      let highest = 0;
      let lows = 0;
      const fill = (): void => {
        while (sent < total && a.connection.bufferedAmount + size <= HIGH_WATER) {
          sent += 1;
          a.connection.send(new Uint8Array(size).fill(sent));
          highest = Math.max(highest, a.connection.bufferedAmount);
        }
      };
      a.onBufferLow = () => {
        lows += 1;
        expect(a.connection.bufferedAmount).toBeLessThanOrEqual(LOW_WATER);
        fill();
      };
      fill();
      await harness.until(() => b.messages.length === total);
      expect(b.messages.map(message => message[0])).toEqual(
        Array.from({ length: total }, (_, index) => index + 1),
      );
      expect(highest).toBeLessThanOrEqual(HIGH_WATER);
      expect(lows).toBeGreaterThan(3);
      a.connection.destroy();
    });

    test('the end is seen on both sides, once and last; what was sent before is not lost on the way in', async () => {
      const { a, b, harness } = await pair();
      a.connection.send(new Uint8Array([1]));
      await harness.until(() => b.messages.length === 1);
      a.connection.destroy();
      a.connection.destroy();
      await harness.until(() => a.types.includes('close') && b.types.includes('close'));
      a.connection.send(new Uint8Array([2]));
      b.connection.send(new Uint8Array([2]));
      for (const end of [a, b]) {
        expect(end.types.at(-1)).toBe('close');
        expect(end.types.filter(type => type === 'close')).toHaveLength(1);
      }
      expect(a.error).toBeUndefined();
    });

    test('nothing is heard before connect', async () => {
      const { a, b, harness } = await pair();
      a.connection.send(new Uint8Array([1]));
      await harness.until(() => b.messages.length === 1);
      expect(b.types.indexOf('message')).toBeGreaterThan(b.types.indexOf('connect'));
      b.connection.destroy();
    });

    test('the path of two neighbours on one machine is direct', async () => {
      const { a } = await pair();
      expect((await a.connection.stats()).path).toBe('direct');
      a.connection.destroy();
    });

    test('nonsense from the other side ends the connection with an error, never with an exception', async () => {
      const harness = createHarness();
      const types: string[] = [];
      let error: Error | undefined;
      const connection = harness.connect({
        initiator: false,
        iceServers: [],
        lowWater: LOW_WATER,
        listener: event => {
          types.push(event.type);
          if (event.type === 'close') error = event.error;
          harness.noticed();
        },
      });
      connection.signal({ kind: 'candidate', candidate: 'nonsense', sdpMid: null, sdpMLineIndex: null });
      connection.signal({ kind: 'offer', sdp: 'nonsense' });
      await harness.until(() => types.includes('close'));
      expect(error).toBeInstanceOf(Error);
      expect(types).toEqual(['close']);
    });
  });
}
