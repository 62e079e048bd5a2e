import type { CryptoPort } from '@shoal/protocol';

/**
 * Frees memory now, not with some later garbage collection: what is sent to a port without another end is nobody's any more.
 * (`ArrayBuffer.prototype.transfer(0)` detaches as well, but memory that came with a message is still held by that message in Chromium.)
 */
export function memorySink(): (memory: ArrayBuffer) => void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return memory => port1.postMessage(undefined, [memory]);
}

/** Digests between two reminders: 8 MiB of leaves. */
const DIGESTS = 512;
/** Chromium collects whenever 64 MiB of such memory have come together, so once in 32 MiB that are hashed. */
const REMINDER_BYTES = 16 * 1024 * 1024;
/** Let go of together: what dies young is taken back at once, and does not count. */
const HELD = 4;

/**
 * Digests that keep the garbage small. Each leaves about 1 KiB of promises and wrappers behind, which engines hardly count: a worker in
 * Chromium that hashed 1.5 GiB took 116 MB before it collected, and 43 with this, at less CPU. Memory that is asked for and never
 * touched costs nothing, and is counted.
 */
export function reminding(
  { sha256 }: Pick<CryptoPort, 'sha256'>,
  allocate: (bytes: number) => unknown = bytes => new ArrayBuffer(bytes),
): Pick<CryptoPort, 'sha256'> {
  let digests = 0;
  const held: unknown[] = [];
  return {
    sha256(data) {
      digests += 1;
      if (digests % DIGESTS === 0) remind(held, allocate);
      return sha256(data);
    },
  };
}

function remind(held: unknown[], allocate: (bytes: number) => unknown): void {
  if (held.length === HELD) held.length = 0;
  try {
    held.push(allocate(REMINDER_BYTES));
  } catch {
    // No memory: the engine has collected what it could.
  }
}
