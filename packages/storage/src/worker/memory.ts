import type { CryptoPort } from '@shoal/protocol';
import { Reminder } from '../reminder.ts';

/**
 * Frees memory now, not with some later garbage collection: what is sent to a port without another end is nobody's any more.
 * (`ArrayBuffer.prototype.transfer(0)` detaches as well, but memory that came with a message is still held by that message in Chromium.)
 */
export function memorySink(): (memory: ArrayBuffer) => void {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return memory => port1.postMessage(undefined, [memory]);
}

/** Digests between two reminders: 24 MiB of leaves. */
const DIGESTS = 1536;

/** Digests that keep the garbage small: each leaves about 1 KiB behind. */
export function reminding(
  { sha256 }: Pick<CryptoPort, 'sha256'>,
  reminder: Pick<Reminder, 'did'> = new Reminder(DIGESTS),
): Pick<CryptoPort, 'sha256'> {
  return {
    sha256(data) {
      reminder.did(1);
      return sha256(data);
    },
  };
}
